"""Output of commands: a table for people, a JSON document for programs."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import IO, Any, NamedTuple, TypeVar

import click
import msgspec
from msgspec import UNSET
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

T = TypeVar("T")

#: Width for pipes, in columns: lines for grep and awk are never folded.
PIPE_OUTPUT_WIDTH_COLUMNS = 10_000

EMPTY_CLI_TABLE_CELL = "-"


class CliCommandResult(NamedTuple):
    """Result of a command: `data` for --json, `view` for a person; `note` goes to stderr, for people only."""

    data: Any
    view: RenderableType
    note: str = ""
    exit_code: int = 0


def print_command_result(answer: CliCommandResult, *, as_json: bool) -> None:
    """Print a command's result on stdout: its data as JSON, or its view, with its note on stderr."""
    if as_json:
        click.echo(msgspec.json.encode(answer.data))
        return
    build_rich_console(sys.stdout).print(answer.view, soft_wrap=isinstance(answer.view, Text))
    if answer.note:
        click.echo(answer.note, err=True)


def build_rich_console(file: IO[str]) -> Console:
    """Return a console with colors and folding for a terminal, and plain text for other files."""
    return Console(file=file, width=None if file.isatty() else PIPE_OUTPUT_WIDTH_COLUMNS, highlight=False)


def build_text_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a printable table, one row a line. The first column is never folded, so that its id can be copied."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        grid.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        grid.add_row(*map(format_cli_table_cell, row))
    return grid


def build_cli_list_result(
    items: Sequence[T], limit: int, columns: Sequence[str], row: Callable[[T], Sequence[object]]
) -> CliCommandResult:
    """Return one page of a list as a command's result, from `limit` + 1 items at most.

    The first column is the id. In JSON `before` is the next page's --before, null on the last page.
    """
    page_items = items[:limit]
    rows = [row(item) for item in page_items]
    before = rows[-1][0] if len(items) > limit else None
    note = f"More items: --before {before}" if before else ""
    return CliCommandResult({"items": page_items, "before": before}, build_text_table(columns, rows), note)


def format_object_fields(thing: msgspec.Struct) -> Text:
    """Return an object as a text with one line for each set field: its JSON name and its value.

    A terminal cuts no value.
    """
    names = {field.name: field.encode_name for field in msgspec.structs.fields(thing)}
    values = {names[name]: value for name, value in msgspec.structs.asdict(thing).items() if value is not UNSET}
    width = max(map(len, values)) + 2
    lines = (Text.assemble((name.ljust(width), "bold"), format_cli_table_cell(value)) for name, value in values.items())
    return Text("\n").join(lines)


def format_cli_table_cell(value: object) -> Text:
    """Format a value as the printable text of a table's cell; an empty value is `-`."""
    return Text(replace_control_characters(_format_table_cell_value(value)))


def replace_control_characters(text: str) -> str:
    """Replace each unprintable character by U+FFFD: a partner's text must not control an operator's terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _format_table_cell_value(value: object) -> str:
    if value in (None, "", [], (), {}):
        return EMPTY_CLI_TABLE_CELL
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case list() | tuple() | set() | frozenset():
            return ", ".join(map(_format_table_cell_value, value))
        case dict() | msgspec.Struct():
            return msgspec.json.encode(value).decode()
    return str(value)
