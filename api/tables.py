"""Tables as bodies: CSV whose first line names fields, and whose other lines are rows (RFC 4180)."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, get_args

import msgspec

from api import faults
from schemas.errors import Invalid, Malformed

#: Rows of a table, and names in its first line. What is longer isn't looked through.
MOST, MOST_NAMES = 1_000, 100

#: Characters of a name that an answer repeats, at most.
MOST_NAME = 64


class Row(NamedTuple):
    """A row by its cells' names, and the line that it begins on; an empty cell is left out."""

    line: int
    cells: dict[str, str]


def read(body: bytes, kind: Any) -> Any:
    """The body, a struct, that has these rows. Raises `Malformed`, `Invalid` with each wrong row's line."""
    [field] = msgspec.structs.fields(kind)
    row_kind = get_args(get_args(field.type)[0])[0]
    found = [*islice(_rows(body, row_kind), MOST + 1)]
    try:
        return msgspec.convert({field.encode_name: [row.cells for row in found]}, kind, strict=False)
    except msgspec.ValidationError as error:
        wrong = [*islice(_faults(found, row_kind), faults.MOST)] or [faults.read(error)]
        raise Invalid(*wrong[0], *wrong[1:]) from None


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
    reader, line = csv.reader(io.StringIO(text, newline=""), strict=True), 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise Malformed(f"the table can't be read from line {line} on: {error}") from None


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


def _faults(rows: list[Row], row_kind: Any) -> Iterator[tuple[str, str]]:
    """Each of each row, by its field."""
    for place, row in enumerate(rows):
        for field in msgspec.structs.fields(row_kind):
            if fault := _fault(row.cells.get(field.encode_name), field):
                yield f"rows[{place}].{field.encode_name}", f"line {row.line}: {fault}"


def _fault(cell: str | None, field: msgspec.structs.FieldInfo) -> str | None:
    if cell is None:
        return "is required" if field.required else None
    try:
        msgspec.convert(cell, field.type, strict=False)
    except msgspec.ValidationError as error:
        return faults.read(error, field.type).message
    return None
