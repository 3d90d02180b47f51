"""The named statements: each is valid, each is called, and each call gives what its statement takes."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from db.pool import Conn
from db.queries import TABLES, Queries, Query

ROOT = Path(__file__).resolve().parents[2]
CODE = ("api", "bench", "cli", "db", "domain", "jobs", "workers")
STATEMENTS = [(table, query) for table in TABLES for query in getattr(import_module("db.queries"), table)]


class Call(NamedTuple):
    """`given` is None where a call spreads a mapping: its names are known when it runs."""

    where: str
    table: str
    name: str
    given: frozenset[str] | None


async def test_the_database_understands_each(conn: Conn) -> None:
    for _, query in STATEMENTS:
        prepared = await conn.prepare(query.sql)
        assert len(prepared.get_parameters()) == len(query.parameters), query.name


def test_each_is_called_and_nothing_else() -> None:
    assert {(call.table, call.name) for call in calls()} == {
        (table, query.name) for table, query in STATEMENTS
    }


def test_each_call_gives_what_its_statement_takes() -> None:
    parameters = {(table, query.name): frozenset(query.parameters) for table, query in STATEMENTS}
    wrong = [call for call in calls() if call.given not in {None, parameters.get((call.table, call.name))}]
    assert wrong == []


def test_a_call_with_other_parameters_is_refused() -> None:
    query = Query("get_thing", "select 1 from thing where org = :org and id = :id and org <> :id::uuid")
    assert query.sql == "select 1 from thing where org = $1 and id = $2 and org <> $2::uuid"
    with pytest.raises(TypeError, match="get_thing takes"):
        query._ordered({"org": 1})
    with pytest.raises(TypeError, match="get_thing needs 'id'"):
        query._ordered({"org": 1, "ident": 2})


def test_an_unknown_statement_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = Queries("job").no_such_statement


@cache
def calls() -> list[Call]:
    """Every `table.statement` in the code, with the keywords of its call."""
    files = (path for package in CODE for path in (ROOT / package).rglob("*.py"))
    return [call for path in sorted(files) for call in calls_in(path)]


def calls_in(path: Path) -> Iterator[Call]:
    tree = ast.parse(path.read_text("utf-8"))
    tables = {
        name.asname or name.name: name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "db.queries"
        for name in node.names
        if name.name in TABLES
    }
    keywords = {
        id(node.func.value): node.keywords
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in tables:
            given = [keyword.arg for keyword in keywords.get(id(node), [])]
            complete = bool(given) and None not in given
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            names = frozenset(name for name in given if name) if complete else None
            yield Call(where, tables[node.value.id], node.attr, names)
