"""Groups of commands, whose help says of each command what it does, however long that is."""

import sys

import click


class CommandGroup(click.Group):
    """The commands of one word of the command line; click itself would cut their first sentences."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, one.get_short_help_str(limit=sys.maxsize)) for name, one in found if one]
            )
