"""Named SQL statements: `db/queries/<table or step>.sql`, called as `job.submit_job.one(conn, org=...)`.

A file holds statements headed `-- name: verb_noun`; a body names its parameters `:like_this`. A part shared
by several statements of the file is headed `-- part: noun` and included as `{noun}`. A part with a `{condition}`
is included as `{noun: condition}`; the condition may include parts. A call with other parameters raises
TypeError. The loader adds nothing to a call's cost.

Typed rows: `GET_JOB = job.get_job.typed(JobRow)`, once, at the top of the calling module; then `await
GET_JOB.one(conn, org=..., id=...)` is a `JobRow | None`. A shape is a NamedTuple with the statement's columns
as fields, in their order. Shapes for several modules are in `db/queries/rows.py`, others in the module that
uses them. A typed statement names its columns: with `*`, a migration that adds one would break the processes
of the earlier release.

`db/queries/sealed.py` has the statements that are alike for each table with secrets, and `db/queries/aged_rows.py`
those that move a sandbox's clock.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any, Generic, TypeVar

import asyncpg

from db.pool import Conn

QueryRow = TypeVar("QueryRow", bound=tuple[Any, ...])

_STATEMENT_HEADER_PATTERN = re.compile(r"^-- (name|part): (\w+)[^\n]*\n", re.MULTILINE)
_SQL_PART_USE_PATTERN = re.compile(r"\{(\w+): ([^{}]+)\}")
_SQL_PARAMETER_PATTERN = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_SQL_COMMENT_PATTERN = re.compile(r"--[^\n]*")


class Query:
    """Named SQL statement. `parameters` are the names of its parameters, in the order of their `$n`."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        body = _SQL_COMMENT_PATTERN.sub("", text).strip().rstrip(";")
        self.parameters = tuple(dict.fromkeys(_SQL_PARAMETER_PATTERN.findall(body)))
        self.sql = _SQL_PARAMETER_PATTERN.sub(lambda match: f"${self.parameters.index(match[1]) + 1}", body)

    async def all(self, conn: Conn, **values: Any) -> list[asyncpg.Record]:
        """Run the SQL statement with `values` as its parameters; return all of its rows as a list."""
        return await conn.fetch(self.sql, *self._ordered_values(values))

    async def one(self, conn: Conn, **values: Any) -> asyncpg.Record | None:
        """Run the SQL statement with `values` as its parameters; return its first row, or None if it has no row."""
        return await conn.fetchrow(self.sql, *self._ordered_values(values))

    async def row(self, conn: Conn, **values: Any) -> asyncpg.Record:
        """Run a statement that always has a row; return its first row. Raise LookupError if it has none."""
        row = await self.one(conn, **values)
        if row is None:
            raise LookupError(f"{self.name} found no row")
        return row

    async def value(self, conn: Conn, **values: Any) -> Any:
        """Run the SQL statement; return the first column of its first row, or None if it has no row."""
        return await conn.fetchval(self.sql, *self._ordered_values(values))

    async def run(self, conn: Conn, **values: Any) -> int:
        """Run the SQL statement; return the number of rows that it changed."""
        status = await conn.execute(self.sql, *self._ordered_values(values))
        return int(status.rpartition(" ")[2])

    async def run_each(self, conn: Conn, parameter_sets: Iterable[Mapping[str, Any]]) -> None:
        """Run the SQL statement once for each parameter set, in order, in one transaction."""
        await conn.executemany(self.sql, [self._ordered_values(values) for values in parameter_sets])

    def typed(self, shape: type[QueryRow]) -> "TypedQuery[QueryRow]":
        """Return a query of this SQL statement that returns rows as instances of `shape`, a NamedTuple."""
        return TypedQuery(self, shape)

    def _ordered_values(self, values: Mapping[str, Any]) -> list[Any]:
        if len(values) != len(self.parameters):
            raise TypeError(f"{self.name} takes {self.parameters}, not {tuple(values)}")
        try:
            return [values[name] for name in self.parameters]
        except KeyError as error:
            raise TypeError(f"{self.name} needs {error}") from None


class TypedQuery(Generic[QueryRow]):
    """Statement with NamedTuple rows.

    Raises TypeError unless the first row's columns are the fields of the NamedTuple, in their order.
    """

    def __init__(self, query: Query, shape: type[QueryRow]) -> None:
        self.query, self.shape = query, shape
        self._checked = False

    async def all(self, conn: Conn, **values: Any) -> list[QueryRow]:
        """Run the SQL statement; return all of its rows as a list of the query's NamedTuple."""
        rows = await self.query.all(conn, **values)
        if rows and not self._checked:
            self.check_row_columns(tuple(rows[0].keys()))
        make, shape = tuple.__new__, self.shape
        return [make(shape, record) for record in rows]

    async def one(self, conn: Conn, **values: Any) -> QueryRow | None:
        """Run the SQL statement; return its first row as the query's NamedTuple, or None if it has no row."""
        row = await self.query.one(conn, **values)
        return None if row is None else self._build_row(row)

    async def row(self, conn: Conn, **values: Any) -> QueryRow:
        """Run a statement that always has a row; return its first row as the query's NamedTuple.

        Raise LookupError if the statement has no row.
        """
        return self._build_row(await self.query.row(conn, **values))

    def check_row_columns(self, columns: tuple[str, ...]) -> None:
        """Check that the columns of a statement's rows are the fields of the query's NamedTuple, in their order.

        Raise TypeError if they differ. Later rows aren't checked again.
        """
        fields = self.shape._fields  # type: ignore[attr-defined]
        if columns != fields:
            raise TypeError(f"{self.query.name} has the columns {columns}, {self.shape.__name__} has {fields}")
        self._checked = True

    def _build_row(self, record: asyncpg.Record) -> QueryRow:
        if not self._checked:
            self.check_row_columns(tuple(record.keys()))
        return tuple.__new__(self.shape, record)


class SqlStatementFile:
    """Statements of one file, each as an attribute."""

    def __init__(self, table: str) -> None:
        pieces = _STATEMENT_HEADER_PATTERN.split(files(__name__).joinpath(f"{table}.sql").read_text("utf-8"))
        self._queries: dict[str, Query] = {}
        parts: dict[str, str] = {}
        for kind, name, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            body = text
            for part, shared in parts.items():
                body = body.replace(f"{{{part}}}", shared)
            while _SQL_PART_USE_PATTERN.search(body):
                body = _SQL_PART_USE_PATTERN.sub(lambda use: parts[use[1]].replace("{condition}", use[2]), body)
            if kind == "part":
                parts[name] = body.strip()
            else:
                self._queries[name] = Query(name, body)

    def __getattr__(self, name: str) -> Query:
        try:
            return self._queries[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries.values())


SQL_STATEMENT_FILE_NAMES = sorted(
    path.name.removesuffix(".sql") for path in files(__name__).iterdir() if path.name.endswith(".sql")
)


def __getattr__(table: str) -> SqlStatementFile:
    """Return the statements of an SQL file, loaded once: those of `job.sql` for `from db.queries import job`.

    Raise AttributeError if there is no such file.
    """
    if table not in SQL_STATEMENT_FILE_NAMES:
        raise AttributeError(table)
    return globals().setdefault(table, SqlStatementFile(table))  # type: ignore[no-any-return]
