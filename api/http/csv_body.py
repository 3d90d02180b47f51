"""CSV bodies: the first line names the fields, the other lines are rows (RFC 4180)."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, get_args

import msgspec

from api.http import body_validation
from domain.values.steps import CooperativeSteps
from schemas.errors import InvalidValue, MalformedBody

#: Limits of a table: rows, and names in its first line. Longer input isn't parsed further.
MAX_CSV_ROWS, MAX_CSV_COLUMN_NAMES = 1_000, 100

#: Limits: lines of a table, empty ones included; lines of one row, since a cell may hold line breaks;
#: characters of a line.
MAX_CSV_LINES, MAX_CSV_LINES_PER_ROW, MAX_CSV_LINE_CHARACTERS = 10_000, 100, 8_192

#: Rows parsed in one step.
CSV_ROWS_PER_STEP = 200

#: Maximum characters of a name in an error message.
MAX_SHOWN_COLUMN_NAME_CHARACTERS = 64


class CsvRow(NamedTuple):
    """A row: its cells by name, without empty cells, and its first line's number."""

    line: int
    cells: dict[str, str]


def read_csv_body(body: bytes, kind: Any) -> CooperativeSteps[Any]:
    """Decode a CSV body in steps as a struct of rows. Raises `MalformedBody`, `InvalidValue` with bad rows' lines."""
    [field] = msgspec.structs.fields(kind)
    row_kind = get_args(get_args(field.type)[0])[0]
    rows: list[CsvRow] = []
    for row in islice(_parse_csv_rows(body, row_kind), MAX_CSV_ROWS + 1):
        rows.append(row)
        if len(rows) % CSV_ROWS_PER_STEP == 0:
            yield
    try:
        return msgspec.convert({field.encode_name: [row.cells for row in rows]}, kind, strict=False)
    except msgspec.ValidationError as error:
        yield
        errors = (yield from _collect_errors_of_csv_rows(rows, row_kind)) or [
            body_validation.parse_msgspec_error(error)
        ]
        raise InvalidValue(*errors[0], *errors[1:]) from None


def _collect_errors_of_csv_rows(rows: Sequence[CsvRow], row_kind: Any) -> CooperativeSteps[list[tuple[str, str]]]:
    """Return path and message of each validation error of CSV rows, up to the limit of a response."""
    errors: list[tuple[str, str]] = []
    for first in range(0, len(rows), CSV_ROWS_PER_STEP):
        errors += islice(
            _find_csv_row_errors(rows[first : first + CSV_ROWS_PER_STEP], row_kind, first),
            body_validation.MAX_BODY_ERRORS - len(errors),
        )
        yield
    return errors


def _parse_csv_rows(body: bytes, row_kind: type[msgspec.Struct]) -> Iterator[CsvRow]:
    lines = _read_csv_cells(body)
    _, names = next(lines, (1, []))
    _check_csv_column_names(names[:MAX_CSV_COLUMN_NAMES], row_kind)
    for line, cells in lines:
        if len(cells) != len(names):
            raise MalformedBody(f"line {line} has {len(cells)} cells, but the first line has {len(names)} names")
        yield CsvRow(line, {name: cell for name, cell in zip(names, cells, strict=True) if cell})


def _read_csv_cells(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield each CSV row's first line number and its cells. Skip empty lines. Raises `MalformedBody`."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedBody("the CSV is not in UTF-8") from None
    lines = _CsvLineIterator(text)
    reader, line = csv.reader(lines, strict=True), 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = lines.mark_row_begin_and_count_lines_before() + 1
    except csv.Error as error:
        raise MalformedBody(f"the CSV can't be parsed from line {line} on: {error}") from None


class _CsvLineIterator:
    """Iterator over the lines of a table.

    Raises `MalformedBody` for a long line, a row of many lines, and a table of too many lines.
    """

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._read = self._before = 0

    def mark_row_begin_and_count_lines_before(self) -> int:
        """Mark the begin of the next CSV row, and return the number of lines read before it."""
        self._before = self._read
        return self._read

    def __iter__(self) -> "_CsvLineIterator":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._read += 1
        if self._read > MAX_CSV_LINES:
            raise MalformedBody(f"the CSV has more than {MAX_CSV_LINES:,} lines")
        if len(line) > MAX_CSV_LINE_CHARACTERS or self._read - self._before > MAX_CSV_LINES_PER_ROW:
            raise MalformedBody(
                f"line {self._read} is too long: a line has at most {MAX_CSV_LINE_CHARACTERS:,} characters,"
                f" and a row {MAX_CSV_LINES_PER_ROW} lines"
            )
        return line


def _check_csv_column_names(names: list[str], row_kind: type[msgspec.Struct]) -> None:
    fields = msgspec.structs.fields(row_kind)
    known = [field.encode_name for field in fields]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    unknown = [name for name in names if name not in known]
    issues = [("header", f"is not a field: {name[:MAX_SHOWN_COLUMN_NAME_CHARACTERS]!r}") for name in unknown]
    issues += [("header", f"has {name[:MAX_SHOWN_COLUMN_NAME_CHARACTERS]!r} twice") for name in twice]
    required = [field.encode_name for field in fields if field.required]
    issues += [("header", f"lacks {name!r}") for name in required if name not in names]
    if issues:
        raise InvalidValue(*issues[0], *issues[1 : body_validation.MAX_BODY_ERRORS])


def _find_csv_row_errors(rows: Sequence[CsvRow], row_kind: Any, first: int) -> Iterator[tuple[str, str]]:
    """Yield path and message of each invalid cell of CSV rows; `first` is the index of the first row."""
    fields = msgspec.structs.fields(row_kind)
    for place, row in enumerate(rows, first):
        if _is_valid_csv_row(row, row_kind):
            continue
        for field in fields:
            if fault := _find_csv_cell_error(row.cells.get(field.encode_name), field):
                yield f"rows[{place}].{field.encode_name}", f"line {row.line}: {fault}"


def _is_valid_csv_row(row: CsvRow, row_kind: Any) -> bool:
    try:
        msgspec.convert(row.cells, row_kind, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def _find_csv_cell_error(cell: str | None, field: msgspec.structs.FieldInfo) -> str | None:
    if cell is None:
        return "is required" if field.required else None
    try:
        msgspec.convert(cell, field.type, strict=False)
    except msgspec.ValidationError as error:
        return body_validation.parse_msgspec_error(error, field.type).message
    return None
