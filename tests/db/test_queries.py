"""Named statements: each is valid, each is called, and each call has its statement's parameters."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from db.pool import Conn
from db.queries import SQL_STATEMENT_FILE_NAMES, Query, TypedQuery
from db.queries.aged_rows import SANDBOX_ROW_AGING_STATEMENTS
from db.queries.sealed import SEALED_TABLES

ROOT = Path(__file__).resolve().parents[2]
CODE = ("api", "chaos", "cli", "db", "domain", "jobs", "platforms", "tools", "workers")
STATEMENTS = [
    (table, query) for table in SQL_STATEMENT_FILE_NAMES for query in getattr(import_module("db.queries"), table)
]
#: Statements that Python builds from the names of tables and columns.
BUILT_STATEMENTS = [
    *SANDBOX_ROW_AGING_STATEMENTS,
    *(table.list_vault_key_ids_statement for table in SEALED_TABLES),
    *(table.count_stale_secrets_statement for table in SEALED_TABLES),
    *(table.lock_stale_secrets_statement for table in SEALED_TABLES),
    *(table.store_resealed_secret_statement for table in SEALED_TABLES),
]

_POST_UPDATE = re.compile(r"update scheduled_post\b.*?(?=\n\s*where\b|\n\s*from\b)", re.DOTALL)


class Call(NamedTuple):
    """`given` is None if a call spreads a mapping: its names are known at run time."""

    where: str
    table: str
    name: str
    given: frozenset[str] | None


async def test_the_database_understands_each(conn: Conn) -> None:
    for query in [*(query for _, query in STATEMENTS), *BUILT_STATEMENTS]:
        prepared = await conn.prepare(query.sql)
        assert len(prepared.get_parameters()) == len(query.parameters), query.name


async def test_the_columns_of_each_typed_one_are_the_fields_of_its_rows(conn: Conn) -> None:
    found = [*typed()]
    assert found
    for where, statement in found:
        assert not names_no_columns(statement.query.sql), where
        prepared = await conn.prepare(statement.query.sql)
        statement.check_row_columns(tuple(column.name for column in prepared.get_attributes()))


def test_statements_with_a_new_version_of_a_post_set_updated_at() -> None:
    updates = [(query.name, found[0]) for _, query in STATEMENTS for found in _POST_UPDATE.finditer(query.sql)]
    assert len(updates) >= 20
    assert [name for name, text in updates if ("version + 1" in text) != ("updated_at = now()" in text)] == []


async def test_a_row_of_other_columns_is_refused(conn: Conn) -> None:
    class Thing(NamedTuple):
        id: int
        name: str

    right = Query("get_thing", "select 1 as id, 'a' as name where :empty::bool is not true").typed(Thing)
    assert await right.row(conn, empty=False) == Thing(1, "a")
    assert (await right.all(conn, empty=False), await right.one(conn, empty=True)) == ([Thing(1, "a")], None)
    with pytest.raises(TypeError, match="get_thing has the columns"):
        await Query("get_thing", "select 'a' as name, 1 as id").typed(Thing).one(conn)


def test_each_is_called_and_nothing_else() -> None:
    assert {(call.table, call.name) for call in calls()} == {(table, query.name) for table, query in STATEMENTS}


def test_each_call_gives_what_its_statement_takes() -> None:
    parameters = {(table, query.name): frozenset(query.parameters) for table, query in STATEMENTS}
    wrong = [call for call in calls() if call.given not in {None, parameters.get((call.table, call.name))}]
    assert wrong == []


def test_a_call_with_other_parameters_is_refused() -> None:
    query = Query("get_thing", "select 1 from thing where org = :org and id = :id and org <> :id::uuid")
    assert query.sql == "select 1 from thing where org = $1 and id = $2 and org <> $2::uuid"
    with pytest.raises(TypeError, match="get_thing takes"):
        query._ordered_values({"org": 1})
    with pytest.raises(TypeError, match="get_thing needs 'id'"):
        query._ordered_values({"org": 1, "ident": 2})


def names_no_columns(sql: str) -> bool:
    """Return whether a statement's own select list, not one in parentheses, has a `*`."""
    while (outer := re.sub(r"\([^()]*\)", "", sql)) != sql:
        sql = outer
    return re.search(r"(?:\bselect\s+|,\s*|\b\w+\.)\*", sql) is not None


def typed() -> Iterator[tuple[str, TypedQuery[Any]]]:
    """Yield the typed statements of each module, by its name and theirs."""
    for package in CODE:
        for path in sorted((ROOT / package).rglob("*.py")):
            if ".typed(" in path.read_text("utf-8") and path.parts[-3:-1] != ("db", "queries"):
                module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
                for name, value in vars(module).items():
                    if isinstance(value, TypedQuery):
                        yield f"{module.__name__}.{name}", value


@cache
def calls() -> list[Call]:
    """Return every `table.statement` in the code, with the keywords of its call."""
    files = sorted(path for package in CODE for path in (ROOT / package).rglob("*.py"))
    return [call for path in files for call in calls_in(path.read_text("utf-8"), path)]


def _typed_name(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(
            targets=[ast.Name(id=constant)], value=ast.Call(func=ast.Attribute(value=statement, attr="typed"))
        ):
            yield constant, statement


def calls_in(text: str, path: Path) -> Iterator[Call]:
    """A typed statement's name stands for the statement; its calls have the keywords."""
    if "db.queries" not in text:
        return
    tree = ast.parse(text)
    tables = {
        name.asname or name.name: name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "db.queries"
        for name in node.names
        if name.name in SQL_STATEMENT_FILE_NAMES
    }
    typed_names = {constant: statement for node in tree.body for constant, statement in _typed_name(node)}
    keywords = {
        id(node.func.value): node.keywords
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    for node in ast.walk(tree):
        statement = typed_names.get(node.id) if isinstance(node, ast.Name) else node
        match statement:
            case ast.Attribute(value=ast.Name(id=table), attr=name) if table in tables:
                given = [keyword.arg for keyword in keywords.get(id(node), [])]
                complete = bool(given) and None not in given
                where = f"{path.relative_to(ROOT)}:{statement.lineno}"
                names = frozenset(each for each in given if each) if complete else None
                yield Call(where, tables[table], name, names)
