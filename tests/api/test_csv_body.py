"""CSV bodies: all tables that a spreadsheet writes are read correctly, and other text is refused."""

import csv
import io
from contextlib import suppress
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from api.http import csv_body
from domain.values import steps
from schemas.base import NulFreeText, RequestStruct
from schemas.errors import InvalidValue, MalformedBody


class CsvLine(RequestStruct, frozen=True, kw_only=True):
    """A row to read."""

    name: NulFreeText
    number: Annotated[int, Meta(ge=0)]
    note: NulFreeText = ""


class CsvLines(RequestStruct, frozen=True, kw_only=True):
    """Rows to read."""

    rows: Annotated[list[CsvLine], Meta(min_length=1, max_length=1_000)]


def parse_csv(body: bytes, kind: type[CsvLines]) -> Any:
    return steps.run_generator_steps_at_once(csv_body.read_csv_body(body, kind))


ROWS = b"name,number\n"

cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=8)
lines = st.builds(CsvLine, name=cells, number=st.integers(0, 2**63 - 1), note=st.just("") | cells)


@given(
    rows=st.lists(lines, min_size=1, max_size=5),
    names=st.permutations(["name", "number", "note"]),
    end=st.sampled_from(["\n", "\r\n"]),
    marked=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_rows_are_read_as_they_were_written(
    rows: list[CsvLine], names: list[str], end: str, *, marked: bool, quoting: Any
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end, quoting=quoting)
    writer.writerows([names, *([getattr(row, name) for name in names] for row in rows)])
    assert parse_csv(text.getvalue().encode("utf-8-sig" if marked else "utf-8"), CsvLines) == CsvLines(rows=rows)


@given(st.binary(max_size=60) | st.text('name,ub"\n\r\0é1', max_size=60).map(str.encode))
def test_every_body_is_parsed_or_refused(body: bytes) -> None:
    with suppress(MalformedBody, InvalidValue):
        parse_csv(body, CsvLines)
    with suppress(MalformedBody, InvalidValue):
        parse_csv(ROWS + body, CsvLines)


def list_issues(body: str) -> list[tuple[str, str]]:
    with pytest.raises(InvalidValue) as refusal:
        parse_csv(body.encode(), CsvLines)
    return [(issue["path"], issue["message"].partition(":")[0]) for issue in refusal.value.details["issues"]]


def test_row_error_has_index_and_line() -> None:
    """Each invalid cell is reported."""
    body = 'name,number,note\n"two\nlines",1,\n\nx,-1,\ny,1.5,\nz,7,\n,-7,\n'
    assert list_issues(body) == [
        ("rows[1].number", "line 5"), ("rows[2].number", "line 6"), ("rows[4].name", "line 8"),
        ("rows[4].number", "line 8"),
    ]  # fmt: skip


def test_the_first_line_names_each_field_that_a_row_must_have_once() -> None:
    assert list_issues("name,name,colour\nx,y,z\n") == [
        ("header", "is not a field"), ("header", "has 'name' twice"), ("header", "lacks 'number'"),
    ]  # fmt: skip
    assert list_issues("name,number\n") == [("rows", "must have at least 1 item")]
    assert list_issues("name,number\n" + "x,1\n" * 1_001) == [("rows", "must have at most 1000 items")]


def test_long_name_is_truncated_in_the_error() -> None:
    name = "n" * 4_000
    with pytest.raises(InvalidValue) as refusal:
        parse_csv(f"{name},{name}\n".encode(), CsvLines)
    assert len(str(refusal.value.details)) < 1_000


@pytest.mark.parametrize("body", [b"x\n", b"x,1,2\n", b'"x,1\n', b'"x"y,1\n', b"\xff"])
def test_invalid_csv_is_reported_with_its_line(body: bytes) -> None:
    with pytest.raises(MalformedBody, match=r"line \d|UTF-8"):
        parse_csv(ROWS + body, CsvLines)
