"""Multi-value filters: a list runs one search for each value of a filter, as each has an index and a plan."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from db.pool import Conn


class RowWithId(Protocol):
    """Row with the id that orders its list."""

    @property
    def id(self) -> UUID: ...


ListedRow = TypeVar("ListedRow", bound=RowWithId)

#: Parameters of one search: filters by name, at most one of which is not None.
SingleValueFilters = Mapping[str, Any]


def split_search_by_filter_value(**filters: Sequence[Any] | None) -> list[SingleValueFilters]:
    """Return the parameters of a list's searches: one for each value of the first filter that isn't None.

    The other filters are None in each of them. Without any filter there is one search, for all rows.
    """
    none: dict[str, Any] = dict.fromkeys(filters)
    for name, values in filters.items():
        if values is not None:
            return [none | {name: value} for value in values]
    return [none]


async def find_newest_rows_of_searches(
    conn: Conn,
    find: Callable[..., Awaitable[list[ListedRow]]],
    filters: Mapping[str, Any],
    leading: Sequence[SingleValueFilters],
) -> list[ListedRow]:
    """Return at most `limit` rows of a multi-value filter's searches, newest first; `find` runs one over `conn`.

    `filters` are the other parameters of each search; `limit` is one of them. A single statement for several
    values would scan the whole table, as the planner can't know their frequencies. All searches share one
    snapshot, so a concurrently changed row is found once.
    """
    if len(leading) == 1:
        return await find(conn, **filters, **leading[0])
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        rows = [row for parameters in leading for row in await find(conn, **filters, **parameters)]
    return sorted(rows, key=lambda row: row.id, reverse=True)[: filters["limit"]]
