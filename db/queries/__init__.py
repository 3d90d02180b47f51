"""Named SQL statements: `db/queries/<table or step>.sql`, called as `job.submit_job.one(conn, org=...)`.

A file holds statements headed `-- name: verb_noun`; a body names its parameters `:like_this`. A piece that
several statements of the file share is headed `-- part: noun` and taken up as `{noun}`.
Calling with another set of parameters is a TypeError. The loader adds nothing to a call's cost.

Typed rows: `GET_JOB = job.get_job.typed(JobRow)`, once, at the top of the module that calls it; then
`await GET_JOB.one(conn, org=..., id=...)` is a `JobRow | None`. A shape is a NamedTuple whose fields are the
statement's columns, in their order. Shapes that several modules read are in `db/queries/rows.py`, others
beside their use. A typed statement names its columns: with `*`, a migration that adds one would break the
processes that still run the code before it.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Generic, TypeVar

import asyncpg

from db.pool import Conn

R = TypeVar("R", bound=tuple[Any, ...])

_HEADER = re.compile(r"^-- (name|part): (\w+)[^\n]*\n", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_COMMENT = re.compile(r"--[^\n]*")


class Query:
    """One statement; `parameters` are in the order of their `$n`."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        body = _COMMENT.sub("", text).strip().rstrip(";")
        self.parameters = tuple(dict.fromkeys(_PARAMETER.findall(body)))
        self.sql = _PARAMETER.sub(lambda found: f"${self.parameters.index(found[1]) + 1}", body)

    async def all(self, conn: Conn, **values: Any) -> list[asyncpg.Record]:
        """Every row."""
        return await conn.fetch(self.sql, *self._ordered(values))

    async def one(self, conn: Conn, **values: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await conn.fetchrow(self.sql, *self._ordered(values))

    async def row(self, conn: Conn, **values: Any) -> asyncpg.Record:
        """The first row, of a statement that always has one. Raises LookupError where it hasn't."""
        found = await self.one(conn, **values)
        if found is None:
            raise LookupError(f"{self.name} found no row")
        return found

    async def value(self, conn: Conn, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return await conn.fetchval(self.sql, *self._ordered(values))

    async def run(self, conn: Conn, **values: Any) -> int:
        """Run it; return the number of rows that it touched."""
        status = await conn.execute(self.sql, *self._ordered(values))
        return int(status.rpartition(" ")[2])

    def typed(self, shape: type[R]) -> "TypedQuery[R]":
        """The same statement, whose rows are of `shape`, a NamedTuple."""
        return TypedQuery(self, shape)

    def _ordered(self, values: dict[str, Any]) -> list[Any]:
        if len(values) != len(self.parameters):
            raise TypeError(f"{self.name} takes {self.parameters}, not {tuple(values)}")
        try:
            return [values[name] for name in self.parameters]
        except KeyError as error:
            raise TypeError(f"{self.name} needs {error}") from None


class TypedQuery(Generic[R]):
    """A statement whose rows are NamedTuples. TypeError if the first one's columns aren't their fields."""

    def __init__(self, query: Query, shape: type[R]) -> None:
        self.query, self.shape = query, shape
        self._checked = False

    async def all(self, conn: Conn, **values: Any) -> list[R]:
        """Every row."""
        found = await self.query.all(conn, **values)
        if found and not self._checked:
            self.check(tuple(found[0].keys()))
        make, shape = tuple.__new__, self.shape
        return [make(shape, record) for record in found]

    async def one(self, conn: Conn, **values: Any) -> R | None:
        """The first row, or None."""
        found = await self.query.one(conn, **values)
        return None if found is None else self._made(found)

    async def row(self, conn: Conn, **values: Any) -> R:
        """The first row, of a statement that always has one. Raises LookupError where it hasn't."""
        return self._made(await self.query.row(conn, **values))

    def check(self, columns: tuple[str, ...]) -> None:
        """Compare a row's columns with the fields of the shape."""
        fields = self.shape._fields  # type: ignore[attr-defined]
        if columns != fields:
            raise TypeError(
                f"{self.query.name} has the columns {columns}, {self.shape.__name__} has {fields}"
            )
        self._checked = True

    def _made(self, record: asyncpg.Record) -> R:
        if not self._checked:
            self.check(tuple(record.keys()))
        return tuple.__new__(self.shape, record)


class Queries:
    """The statements of one file, each as an attribute."""

    def __init__(self, table: str) -> None:
        pieces = _HEADER.split(files(__name__).joinpath(f"{table}.sql").read_text("utf-8"))
        self._queries: dict[str, Query] = {}
        parts: dict[str, str] = {}
        for kind, name, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            body = text
            for part, shared in parts.items():
                body = body.replace(f"{{{part}}}", shared)
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


TABLES = sorted(
    path.name.removesuffix(".sql") for path in files(__name__).iterdir() if path.name.endswith(".sql")
)


def __getattr__(table: str) -> Queries:
    """`from db.queries import job` reads `job.sql` once."""
    if table not in TABLES:
        raise AttributeError(table)
    return globals().setdefault(table, Queries(table))  # type: ignore[no-any-return]
