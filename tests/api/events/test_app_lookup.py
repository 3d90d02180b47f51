"""Look-up before a list: once for all slices of a page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from api.events.app_lookup import EventStoreConnectorAfterAppLookup
from api.http.requests import ApiRequest
from domain.apps import app_numbers


class _Request:
    """Request without databases."""

    @asynccontextmanager
    async def acquire_connection(self) -> AsyncIterator[None]:
        yield

    acquire_event_store_connection = acquire_connection

    def parse_org_and_project_id(self, project_id: str) -> dict[str, str]:
        return {"project_id": project_id}


async def test_look_up_runs_once_for_all_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    results: list[str] = []

    async def find(_: Any, **__: Any) -> str:
        results.append("found")
        return "found"

    monkeypatch.setattr(app_numbers, "map_project_apps_by_number", find)
    look_up = EventStoreConnectorAfterAppLookup(cast("ApiRequest", _Request()), "prj_1", None)
    for _ in range(3):
        async with look_up.connect_to_event_store():
            assert cast("Any", look_up.result) == "found"
    assert results == ["found"]
