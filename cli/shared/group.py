"""Group of commands with the full first sentence of each command in its help."""

import sys

import click


class FullSentenceHelpCommandGroup(click.Group):
    """Group of commands. Its help shows the full first sentence of each command; click's own help cuts it."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(limit=sys.maxsize)) for name, command in commands if command]
            )
