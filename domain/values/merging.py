"""A list by one of several values: each is searched by itself, since each then has an index and a plan."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from db.pool import Conn


class Identified(Protocol):
    """A row that lists are ordered by the id of."""

    @property
    def id(self) -> UUID: ...


R = TypeVar("R", bound=Identified)

#: Parameters of one search: of the filters that may lead, each by its name, at most one is not None.
Lead = Mapping[str, Any]


def lead(**filters: Sequence[Any] | None) -> list[Lead]:
    """The searches that a list takes: one for each value of the first filter that is given."""
    none: dict[str, Any] = dict.fromkeys(filters)
    for name, values in filters.items():
        if values is not None:
            return [none | {name: value} for value in values]
    return [none]


async def newest(
    conn: Conn, find: Callable[..., Awaitable[list[R]]], leading: Sequence[Lead], *, limit: int
) -> list[R]:
    """At most `limit` rows of all searches, newest first; `find` gives that many of one, by `conn`.

    A statement for several values would read the whole table: its planner can't know how rare one is. All
    searches see one moment, so that a row which gets another value meanwhile is found once.
    """
    if len(leading) == 1:
        return await find(**leading[0])
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        found = [row for one in leading for row in await find(**one)]
    return sorted(found, key=lambda row: row.id, reverse=True)[:limit]
