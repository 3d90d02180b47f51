"""Answers of commands: a table for people, a JSON document for programs."""

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

#: A pipe has no width: lines for grep and awk are never folded.
UNFOLDED = 10_000

NOTHING = "-"


class Answer(NamedTuple):
    """`data` is what --json prints, `view` what a person reads; `note` goes to stderr, for people only."""

    data: Any
    view: RenderableType
    note: str = ""
    exit_code: int = 0


def emit(answer: Answer, *, as_json: bool) -> None:
    """Print an answer on stdout."""
    if as_json:
        click.echo(msgspec.json.encode(answer.data))
        return
    console(sys.stdout).print(answer.view, soft_wrap=isinstance(answer.view, Text))
    if answer.note:
        click.echo(answer.note, err=True)


def console(file: IO[str]) -> Console:
    """Colours and folding for a terminal, plain text for anything else."""
    return Console(file=file, width=None if file.isatty() else UNFOLDED, highlight=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Many things, one a line; the first column is never folded, so that an id can be copied."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        made.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        made.add_row(*map(cell, row))
    return made


def page(
    found: Sequence[T], limit: int, columns: Sequence[str], row: Callable[[T], Sequence[object]]
) -> Answer:
    """A page of a list, of which one item too many was read; the first column is the id.

    In JSON `before` is what the next page's --before takes, null on the last one.
    """
    shown = found[:limit]
    rows = [row(item) for item in shown]
    before = rows[-1][0] if len(found) > limit else None
    note = f"There are more: --before {before}" if before else ""
    return Answer({"items": shown, "before": before}, table(columns, rows), note)


def card(thing: msgspec.Struct) -> Text:
    """One thing, a field a line, by the names that JSON has; text, so that a terminal cuts no value."""
    names = {field.name: field.encode_name for field in msgspec.structs.fields(thing)}
    shown = {
        names[name]: value for name, value in msgspec.structs.asdict(thing).items() if value is not UNSET
    }
    width = max(map(len, shown)) + 2
    lines = (Text.assemble((name.ljust(width), "bold"), cell(value)) for name, value in shown.items())
    return Text("\n").join(lines)


def cell(value: object) -> Text:
    """A value as a person reads it."""
    return Text(printable(_words(value)))


def printable(text: str) -> str:
    """Without control characters: a name that a partner chose must not drive an operator's terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _words(value: object) -> str:
    if value in (None, "", [], (), {}):
        return NOTHING
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case list() | tuple() | set() | frozenset():
            return ", ".join(map(_words, value))
        case dict() | msgspec.Struct():
            return msgspec.json.encode(value).decode()
    return str(value)
