"""The `tenantry` command: an operator's tool that works on the database by the domain's own verbs.

A command lives in `cli/commands/<name>.py` under its own name and is imported when it is used, so that
`tenantry --help` costs click alone.
"""

from importlib import import_module

import click

#: Every command and its line in `tenantry --help`; a test compares the lines with the commands' own.
COMMANDS = {
    "accounts": "Connect, list, show and disconnect social accounts; say how much one may post.",
    "bench": "Measure this machine: each figure with its target, beside a peer in the same run.",
    "brand": "Look at what an ingest would read of a brand.",
    "content": "Upload, list, show and edit content; approve and reject it; say what needs approval.",
    "doctor": "Check what this machine and the platform need, and say what is wrong.",
    "jobs": "List jobs, follow one, cancel it, start it again.",
    "keys": "Create, list, rotate and kill API keys; seal every secret with a new vault key.",
    "leases": "Offer accounts for lease, answer requests, recall; ask for accounts and let them go.",
    "migrate": "Bring the database to this release's tables.",
    "org": "Create and list organizations: the partners who call the API.",
    "pools": "See what waits and runs in each pool; pause one and resume it.",
    "posts": "Schedule and publish content; list, show, move and cancel posts; say what became of one.",
    "projects": "List, show, archive and un-archive an organization's projects.",
    "up": "Run the whole platform on this machine until Ctrl-C or SIGTERM.",
}

INTERRUPTED = 130


class Commands(click.Group):
    """Knows its commands by name and loads one when it is asked for."""

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

    Commands work on the database that DATABASE_URL names (REDIS_URL, PEPPERS, VAULT_KEYS, PUBLIC_URL and
    ASSETS_URL as for every process), or on the one that `bin/up` runs in the current folder. With --json
    they print one JSON document, or one a line of what goes on, and their errors as the API's envelope.

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
    """What the `tenantry` script calls."""
    tenantry(prog_name="tenantry")


if __name__ == "__main__":
    main()
