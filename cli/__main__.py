"""The `tenantry` command: operators' commands on the database, and `tenantry api` for requests of partners.

A command is in `cli/commands/<name>.py` under its own name, or above `cli` (`COMMAND_MODULES_OUTSIDE_CLI`).
It is imported at its first use, so that `tenantry --help` imports only click.
"""

import io
import sys
from importlib import import_module
from typing import cast

import click

from cli.shared.exit_codes import EXIT_INTERRUPTED

#: Every command with its line in `tenantry --help`; a test compares the lines with the commands' docstrings.
COMMAND_HELP_LINES = {
    "api": "Send a request to the API and print its JSON response.",
    "attack": "Test tenancy, scopes and costs of a running API by its OpenAPI document.",
    "backup": "Dump the database into a file.",
    "bench": "Measure this machine: each figure with its target and a peer in the same run.",
    "brand": "Read a brand as an ingest would, and print it.",
    "content": "Render generated content from a file, without servers.",
    "doctor": "Check this machine and the platform, and report faults.",
    "events": "Follow a project's events; recount them.",
    "keys": "Create, list, rotate, kill and show API keys; seal every secret with a new vault key.",
    "leases": "Offer accounts for lease, decide partners' requests, recall accounts.",
    "migrate": "Migrate the main and the event database to this release.",
    "org": "Create, list, suspend, resume and move organizations (partners), and set their tier.",
    "pools": "List the pools of workers; pause, resume and cap a pool.",
    "projects": "Delete an archived project permanently.",
    "quotas": "Set a social account's posting quota instead of its platform's.",
    "rehearse": "Run load while processes and servers fail, then check every job.",
    "restore": "Restore a dump into an empty database.",
    "up": "Run the whole platform on this machine until Ctrl-C or SIGTERM.",
    "webhooks": "Receive webhook events on your own machine, and send samples of them.",
}

#: Modules of the commands above `cli`, which nothing below may import. A wheel has no `tools`.
COMMAND_MODULES_OUTSIDE_CLI = {
    "attack": "chaos.attack.command",
    "bench": "tools.bench.command",
    "rehearse": "chaos.rehearsal.command",
}


class LazyCommandGroup(click.Group):
    """Commands by name, each imported at its first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMAND_HELP_LINES)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMAND_HELP_LINES:
            return None
        module = COMMAND_MODULES_OUTSIDE_CLI.get(cmd_name, f"cli.commands.{cmd_name}")
        try:
            command: click.Command = getattr(import_module(module), cmd_name)
        except ModuleNotFoundError as error:
            if not (error.name and module.startswith(error.name)):
                raise
            raise click.UsageError(f"tenantry {cmd_name} runs in a checkout of the repository only") from None
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMAND_HELP_LINES.items()))

    def invoke(self, ctx: click.Context) -> None:
        """Run the command. At Ctrl-C in it or in a prompt, end it silently with exit code 130."""
        try:
            super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(EXIT_INTERRUPTED)


@click.group(cls=LazyCommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tenantry", message="%(prog)s %(version)s")
def tenantry() -> None:
    """Run and operate Tenantry.

    Commands use the database of DATABASE_URL (with the other settings of every process), or the
    database of `bin/up` in the current folder. With --json they print one JSON document, and errors as the
    API's error envelope. `tenantry api` and `tenantry webhooks` call the API with a key.

    \b
    Exit codes:
      0    done
      1    the command or the job failed
      2    wrong usage
      3    not found
      4    refused in the current state
      5    the settings or a server can't be used
      130  interrupted
    """


def main() -> None:
    """Run the command `tenantry`. Its output is written line by line, to files and pipes too."""
    for stream in (sys.stdout, sys.stderr):
        # Line buffering also for files and pipes, so that a reader sees each line at once.
        cast("io.TextIOWrapper", stream).reconfigure(line_buffering=True)
    tenantry(prog_name="tenantry")


if __name__ == "__main__":
    main()
