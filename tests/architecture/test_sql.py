"""Layout of the SQL statements: short lines, a comment for each statement, CTEs on lines of their own."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_LINE = 110

FILES = sorted((ROOT / "db" / "queries").glob("*.sql"))

_HEADER = re.compile(r"-- (?:name|part): \w+(?:    \S.*)?")
_COMMENT = re.compile(r"-- name: \w+(?:    |\n-- )[A-Z]")
_CTE = re.compile(r"^(?:with )?\w+ as (?:(?:not )?materialized )?\($")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sql_follows_the_format(path: Path) -> None:
    assert [*faults(path.read_text())] == []


def faults(text: str) -> list[str]:
    lines = text.splitlines()
    messages = [f"{number}: is too long" for number, line in enumerate(lines, 1) if len(line) > MAX_LINE]
    for number, line in enumerate(lines, 1):
        if re.match(r"-- (?:name|part):", line) and not _HEADER.fullmatch(line):
            messages.append(f"{number}: a header is a name and, after four spaces, a comment of one line")
        if re.match(r"-- name:", line) and not _COMMENT.search("\n".join(lines[number - 1 : number + 1])):
            messages.append(f"{number}: a statement has a comment, on its header or below it")
        if re.match(r"(?:with )?\w+ as (?:(?:not )?materialized )?\(", line) and not _CTE.fullmatch(line):
            messages.append(f"{number}: a CTE begins on the next line")
    return messages


def test_faults_of_the_format_are_found() -> None:
    assert faults("-- name: get_thing more\nselect 1") != []
    assert faults("-- name: get_thing\nselect 1") != []
    assert faults("with a as (select 1)\nselect 1") != []
    assert faults("select 1" + " " * MAX_LINE) != []
    assert faults("-- name: get_thing    Return a thing.\nwith a as (\n  select 1)\nselect 1") == []
