"""A GET of a sandbox reads in a transaction: it waits for no rollback of a silent server."""

from typing import Any
from unittest.mock import patch

import asyncpg
import msgspec
import pytest

from api import lifespan
from api.app import set_api_settings_and_clock
from db.pool import Pool
from schemas.settings import Settings
from tests.api.conftest import built_app, hold_context, open_caller
from tests.relay import LostPart, PostgresRelay


async def test_a_get_leaves_a_silent_server_without_a_rollback(
    settings: Settings, relay: PostgresRelay, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifespan, "POSTGRES_STATEMENT_TIMEOUT_S", 1.0)
    served = set_api_settings_and_clock(built_app(), msgspec.structs.replace(settings, database_url=relay.url))
    executed, execute = list[str](), asyncpg.Connection.execute

    async def record(conn: Any, query: str, *values: Any, **options: Any) -> str:
        executed.append(query)
        return await execute(conn, query, *values, **options)

    async with hold_context(served.lifespan()), open_caller(served, pool, "Test", env="test") as caller:
        with patch.object(asyncpg.Connection, "execute", record):
            relay.fall_silent_at("with p as", LostPart.STATEMENT)
            assert (await caller.http.get("/v1/projects")).status_code == 503
        assert (await caller.http.get("/v1/projects")).status_code == 200
    assert [query for query in executed if query != "select"] == ["BEGIN ISOLATION LEVEL REPEATABLE READ;"]
