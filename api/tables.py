"""Tables as bodies: CSV whose first line names fields, and whose other lines are rows (RFC 4180)."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, get_args

import msgspec

from api import faults
from domain.values.steps import Steps
from schemas.errors import Invalid, Malformed

#: Rows of a table, and names in its first line. What is longer isn't looked through.
MOST, MOST_NAMES = 1_000, 100

#: Lines of a table, empty ones too; lines of one row, since a cell may hold line ends; characters of a line.
MOST_LINES, MOST_LINES_OF_ROW, MOST_CHARACTERS = 10_000, 100, 8_192

#: Rows that one step reads.
SLICE = 200

#: Characters of a name that an answer repeats, at most.
MOST_NAME = 64


class Row(NamedTuple):
    """A row by its cells' names, and the line that it begins on; an empty cell is left out."""

    line: int
    cells: dict[str, str]


def read(body: bytes, kind: Any) -> Steps[Any]:
    """The body, a struct, that has these rows. Raises `Malformed`, `Invalid` with each wrong row's line."""
    [field] = msgspec.structs.fields(kind)
    row_kind = get_args(get_args(field.type)[0])[0]
    found: list[Row] = []
    for row in islice(_rows(body, row_kind), MOST + 1):
        found.append(row)
        if len(found) % SLICE == 0:
            yield
    try:
        return msgspec.convert({field.encode_name: [row.cells for row in found]}, kind, strict=False)
    except msgspec.ValidationError as error:
        yield
        wrong = (yield from _all_faults(found, row_kind)) or [faults.read(error)]
        raise Invalid(*wrong[0], *wrong[1:]) from None


def _all_faults(found: Sequence[Row], row_kind: Any) -> Steps[list[tuple[str, str]]]:
    """Collect the faults that an answer names."""
    wrong: list[tuple[str, str]] = []
    for first in range(0, len(found), SLICE):
        wrong += islice(_faults(found[first : first + SLICE], row_kind, first), faults.MOST - len(wrong))
        yield
    return wrong


def _rows(body: bytes, row_kind: type[msgspec.Struct]) -> Iterator[Row]:
    lines = _lines(body)
    _, names = next(lines, (1, []))
    _check_names(names[:MOST_NAMES], row_kind)
    for line, cells in lines:
        if len(cells) != len(names):
            raise Malformed(f"line {line} has {len(cells)} cells, and the first line names {len(names)}")
        yield Row(line, {name: cell for name, cell in zip(names, cells, strict=True) if cell})


def _lines(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Cells of each row, and the line that it begins on. Lines without anything are passed over."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("the table is not in UTF-8") from None
    lines = _Lines(text)
    reader, line = csv.reader(lines, strict=True), 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = lines.begin_row() + 1
    except csv.Error as error:
        raise Malformed(f"the table can't be read from line {line} on: {error}") from None


class _Lines:
    """Iterator over the lines of a table. Raises `Malformed` for a long line, and for a row of many lines."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._read = self._before = 0

    def begin_row(self) -> int:
        """Begin another row, and return the number of lines before it."""
        self._before = self._read
        return self._read

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._read += 1
        if self._read > MOST_LINES:
            raise Malformed(f"the table has more than {MOST_LINES:,} lines")
        if len(line) > MOST_CHARACTERS or self._read - self._before > MOST_LINES_OF_ROW:
            raise Malformed(
                f"line {self._read} is too long: a line has at most {MOST_CHARACTERS:,} characters,"
                f" and a row {MOST_LINES_OF_ROW} lines"
            )
        return line


def _check_names(names: list[str], row_kind: type[msgspec.Struct]) -> None:
    fields = msgspec.structs.fields(row_kind)
    known = [field.encode_name for field in fields]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    issues = [("header", f"names no field: {name[:MOST_NAME]!r}") for name in names if name not in known]
    issues += [("header", f"names {name[:MOST_NAME]!r} twice") for name in twice]
    required = [field.encode_name for field in fields if field.required]
    issues += [("header", f"lacks {name!r}") for name in required if name not in names]
    if issues:
        raise Invalid(*issues[0], *issues[1 : faults.MOST])


def _faults(rows: Sequence[Row], row_kind: Any, first: int) -> Iterator[tuple[str, str]]:
    """Find each fault of each row, by its field; the place of the first row is `first`."""
    fields = msgspec.structs.fields(row_kind)
    for place, row in enumerate(rows, first):
        if _is_right(row, row_kind):
            continue
        for field in fields:
            if fault := _fault(row.cells.get(field.encode_name), field):
                yield f"rows[{place}].{field.encode_name}", f"line {row.line}: {fault}"


def _is_right(row: Row, row_kind: Any) -> bool:
    try:
        msgspec.convert(row.cells, row_kind, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def _fault(cell: str | None, field: msgspec.structs.FieldInfo) -> str | None:
    if cell is None:
        return "is required" if field.required else None
    try:
        msgspec.convert(cell, field.type, strict=False)
    except msgspec.ValidationError as error:
        return faults.read(error, field.type).message
    return None
