"""The `tenantry` command: an operator's tool on the database, and `tenantry api` for all that partners do.

A command lives in `cli/commands/<name>.py` under its own name and is imported when it is used, so that
`tenantry --help` costs click alone.
"""

import io
import sys
from importlib import import_module
from typing import cast

import click

from cli.shared.exit_codes import INTERRUPTED

#: Every command and its line in `tenantry --help`; a test compares the lines with the commands' own.
COMMANDS = {
    "api": "Make a request to the API and print its answer, which is JSON.",
    "attack": "Try tenancy, scopes and costs of an API that runs, by its own document.",
    "backup": "Write the database into a file.",
    "bench": "Measure this machine: each figure with its target, beside a peer in the same run.",
    "brand": "Look at what an ingest would read of a brand.",
    "content": "Render generated content from a file, without servers.",
    "doctor": "Check what this machine and the platform need, and say what is wrong.",
    "events": "Watch a project's events as they come; count them anew.",
    "keys": "Create, list, rotate, kill and show API keys; seal every secret with a new vault key.",
    "leases": "Offer accounts for lease, answer partners' requests, take accounts back.",
    "migrate": "Bring the databases of this platform and of its events to this release's tables.",
    "org": "Create and list organizations, the partners who call the API; suspend one and resume it.",
    "pools": "See what waits and runs in each pool; pause one and resume it.",
    "projects": "Delete an archived project for good.",
    "quotas": "Say how much a social account may post, in place of its platform's own figures.",
    "rehearse": "Rehearse a bad day: load while processes and servers fail, then count every job.",
    "restore": "Read a backup into an empty database.",
    "up": "Run the whole platform on this machine until Ctrl-C or SIGTERM.",
    "webhooks": "Receive webhook events on your own machine, and send samples of them.",
}


class Commands(click.Group):
    """The commands by name; each is loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"cli.commands.{cmd_name}"), cmd_name)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> None:
        """Ctrl-C ends a command, and a prompt, without a word, with the code that a shell gives it."""
        try:
            super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(INTERRUPTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tenantry", message="%(prog)s %(version)s")
def tenantry() -> None:
    """Run and look after Tenantry.

    Commands work on the database that DATABASE_URL names (with the other settings of every process), or on
    the one that `bin/up` runs in the current folder. With --json they print one JSON document, and their
    errors as the API's envelope. `tenantry api` and `tenantry webhooks` call the API, with a key.

    \b
    Exit codes:
      0    done
      1    it failed, or the job did
      2    the command was called wrongly
      3    there is no such thing
      4    its state forbids it now
      5    the settings or a server can't be used
      130  interrupted
    """


def main() -> None:
    """The entry point of the `tenantry` script."""
    for stream in (sys.stdout, sys.stderr):
        # Line by line into a file or a pipe too: whoever looks sees what has happened.
        cast("io.TextIOWrapper", stream).reconfigure(line_buffering=True)
    tenantry(prog_name="tenantry")


if __name__ == "__main__":
    main()
