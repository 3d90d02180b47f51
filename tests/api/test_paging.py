"""Large pages: read and encoded in slices, ended by their bytes, and without gaps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http import paging
from api.http.requests import ApiRequest
from db.pool import Conn, Pool
from tests.api.conftest import PEPPERS, ApiCaller

#: Sizes of a list's items in bytes, from tiny to more than half a page.
SIZES = st.lists(st.sampled_from([10, 100, 8_000, 60_000, 600_000]), max_size=250)


class SizedItem(msgspec.Struct, array_like=True):
    id: str
    text: str


class SizedList:
    """A list of items with these sizes, and a record of its queries."""

    def __init__(self, sizes: list[int]) -> None:
        self.items = [SizedItem(f"itm_{UUID(int=len(sizes) - place)}", "x" * size) for place, size in enumerate(sizes)]
        self.asked: list[int] = []
        self.connected = 0

    async def find(self, _: Conn, /, *, before: UUID | None, limit: int) -> list[SizedItem]:
        """Return items newest first, as a query does."""
        self.asked.append(limit)
        begin = len(self.items) - before.int + 1 if before else 0
        return self.items[begin : begin + limit]

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        self.connected += 1
        yield

    async def page(self, limit: int, cursor: str | None = None) -> tuple[list[SizedItem], str | None]:
        request = SimpleNamespace(
            services=SimpleNamespace(peppers=PEPPERS),
            organization_id=UUID(int=1),
            request_state=SimpleNamespace(ahead=timedelta()),
            scope={"path_template": "/items"},
            acquire_connection=self.connection,
        )
        shown = await paging.read_list_page_by_id(cast("ApiRequest", request), self.find, cursor, limit)
        items = msgspec.json.decode(msgspec.json.encode(shown.items), type=list[SizedItem])
        return items, shown.next_cursor

    async def walk(self, limit: int) -> list[list[SizedItem]]:
        """Return all pages, first to last."""
        items, cursor = await self.page(limit)
        pages = [items]
        while cursor:
            items, cursor = await self.page(limit, cursor)
            pages.append(items)
        return pages


def total_size(items: list[SizedItem]) -> int:
    return sum(len(msgspec.json.encode(item)) for item in items)


@settings(max_examples=60, deadline=None)
@given(sizes=SIZES, limit=st.integers(1, paging.MAX_PAGE_LIMIT))
def test_each_item_is_on_one_page_and_no_page_is_larger_than_it_may(sizes: list[int], limit: int) -> None:
    listed = SizedList(sizes)
    pages = asyncio.run(listed.walk(limit))
    assert [item for page in pages for item in page] == listed.items
    for page in pages:
        assert len(page) <= limit
        assert total_size(page[:-1]) < paging.MAX_LIST_PAGE_BYTES
    for page in pages[:-1]:
        assert len(page) == limit or total_size(page) >= paging.MAX_LIST_PAGE_BYTES


async def test_a_page_of_the_usual_size_is_one_statement() -> None:
    listed = SizedList([60_000] * 100)
    assert len((await listed.page(paging.DEFAULT_PAGE_LIMIT))[0]) > 1
    assert listed.asked == [paging.DEFAULT_PAGE_LIMIT + 1]


async def test_a_large_page_comes_in_slices_each_with_a_connection_of_its_own() -> None:
    listed = SizedList([8_000] * 300)
    await listed.page(paging.MAX_PAGE_LIMIT)
    assert listed.connected == len(listed.asked) > 5
    assert max(listed.asked[1:]) * 8_000 <= paging.LIST_SLICE_TARGET_BYTES


async def test_many_small_items_are_two_statements() -> None:
    listed = SizedList([200] * 300)
    assert len((await listed.page(paging.MAX_PAGE_LIMIT))[0]) == paging.MAX_PAGE_LIMIT
    assert listed.asked == [
        paging.FIRST_LIST_SLICE_ITEM_COUNT,
        paging.MAX_PAGE_LIMIT + 1 - paging.FIRST_LIST_SLICE_ITEM_COUNT,
    ]


async def test_a_list_of_full_projects_is_bounded_in_bytes(acme: ApiCaller, pool: Pool) -> None:
    await pool.execute(
        """insert into project (organization_id, id, name, timezone, primary_language, metadata)
           select $1, ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid, number::text,
                  'UTC', 'en', jsonb_build_object('n', repeat('x', 8000))
             from generate_series(1, 200) as number""",
        acme.organization_id,
    )
    found, query = list[str](), "limit=200"
    while query:
        answer = await acme.http.get(f"/v1/projects?{query}")
        assert len(answer.content) < paging.MAX_LIST_PAGE_BYTES + 10_000
        page: dict[str, Any] = answer.json()
        found += [item["name"] for item in page["items"]]
        query = f"limit=200&cursor={page['nextCursor']}" if page["nextCursor"] else ""
    assert found == [str(number) for number in range(200, 0, -1)]
