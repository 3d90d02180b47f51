"""Named SQL statements: `db/queries/<table>.sql`, called as `job.submit_job.one(conn, org=...)`.

A file holds statements headed `-- name: verb_noun`; a body names its parameters `:like_this`.
Calling with another set of parameters is a TypeError. The loader adds nothing to a call's cost.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import asyncpg

from db.pool import Conn

_HEADER = re.compile(r"^-- name: (\w+)[^\n]*\n", re.MULTILINE)
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
        """How many rows it touched."""
        status = await conn.execute(self.sql, *self._ordered(values))
        return int(status.rpartition(" ")[2])

    def _ordered(self, values: dict[str, Any]) -> list[Any]:
        if len(values) != len(self.parameters):
            raise TypeError(f"{self.name} takes {self.parameters}, not {tuple(values)}")
        try:
            return [values[name] for name in self.parameters]
        except KeyError as error:
            raise TypeError(f"{self.name} needs {error}") from None


class Queries:
    """The statements of one file, each as an attribute."""

    def __init__(self, table: str) -> None:
        pieces = _HEADER.split(files(__name__).joinpath(f"{table}.sql").read_text("utf-8"))
        self._queries = {
            name: Query(name, text) for name, text in zip(pieces[1::2], pieces[2::2], strict=True)
        }

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
