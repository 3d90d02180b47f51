"""`python -m cli.reference` writes docs/reference/cli.md and settings.md from the code.

A test fails while they say something else.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from cli.__main__ import tenantry
from schemas.settings import OWN, Settings

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"

WRITTEN = "<!-- Written by `python -m cli.reference`: change the code, then run it. -->\n"

SETTINGS = f"""{WRITTEN}
# Settings

Every process reads its settings from the environment, once, at its start, and refuses to start where one
is missing or malformed. `bin/up` makes the ones without a default and keeps them in `.local/env`.

| variable | default | values | meaning |
| --- | --- | --- | --- |
"""


def pages() -> dict[str, str]:
    """Each page of the reference that is written from the code, by its file's name."""
    return {"cli.md": cli_page(), "settings.md": settings_page()}


def cli_page() -> str:
    """The help of every command, as `--help` prints it."""
    sections = (
        f"## {' '.join(path)}\n\n```\n{text}\n```\n" for path, text in _helps(tenantry, ("tenantry",))
    )
    return f"{WRITTEN}\n# The command line\n\n" + "\n".join(sections)


def _helps(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    context = click.Context(command, info_name=" ".join(path), **_fixed(command))
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _helps(child, (*path, name))


def _fixed(command: click.Command) -> dict[str, Any]:
    """The same lines on every terminal, whoever runs this."""
    return {**tenantry.context_settings, **command.context_settings, "terminal_width": 90}


def settings_page() -> str:
    """A table of `Settings`."""
    schema = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]
    names = {
        field.encode_name: OWN.get(field.name, field.encode_name)
        for field in msgspec.structs.fields(Settings)
    }
    return SETTINGS + "".join(_row(names[key], described) for key, described in schema.items())


def _row(name: str, described: dict[str, Any]) -> str:
    default = described.get("default")
    shown = "required" if default is None else f"`{default}`" if default != "" else "none"
    return f"| `{name}` | {shown} | {_values(described)} | {described['description']} |\n"


def _values(described: dict[str, Any]) -> str:
    """What a setting may hold, in words."""
    match described:
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"minimum": least, "maximum": most}:
            return f"{least} to {most}"
        case {"exclusiveMinimum": bound}:
            return f"above {bound}"
    return "text"


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
