"""Page of the `--help` texts of all commands."""

from collections.abc import Iterator
from typing import Any

import click

from cli.__main__ import tenantry


def render_cli_page() -> str:
    """Return the text of docs/reference/cli.md: the help of each command."""
    helps = _yield_cli_help_texts(tenantry, ("tenantry",))
    sections = (f"## {' '.join(path)}\n\n```\n{text}\n```\n" for path, text in helps)
    return "# The command line\n\n" + "\n".join(sections)


def _yield_cli_help_texts(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    context = click.Context(command, info_name=" ".join(path), **_build_fixed_width_cli_settings(command))
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _yield_cli_help_texts(child, (*path, name))


def _build_fixed_width_cli_settings(command: click.Command) -> dict[str, Any]:
    """Return a command's click settings with a fixed width, so that the page is the same on every terminal."""
    return {**tenantry.context_settings, **command.context_settings, "terminal_width": 90}
