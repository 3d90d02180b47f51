"""Look-up before a list: once for all slices of a page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from api.events.app_lookup import MainDatabaseLookup
from api.http.requests import ApiRequest


class _Request:
    """Request without databases."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        yield

    event_store_connection = connection


async def test_look_up_runs_once_for_all_slices() -> None:
    results: list[str] = []

    async def find(_: Any) -> str:
        results.append("found")
        return "found"

    look_up = MainDatabaseLookup(cast("ApiRequest", _Request()), find)
    for _ in range(3):
        async with look_up.connect():
            assert look_up.result == "found"
    assert results == ["found"]
