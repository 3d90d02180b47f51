"""Connections to a server that doesn't answer, and the end of an outage."""

import asyncio
import contextlib
import socket

import asyncpg
import pytest

from db import outages
from db.outages import OutageTolerantConnector
from tests.waiting import PATIENCE_S


async def test_a_silent_server_takes_no_longer_than_an_outage_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "MAX_OUTAGE_WAIT_S", 0.2)
    monkeypatch.setattr(outages, "LATE_ATTEMPT_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        options = {"host": "127.0.0.1", "port": server.getsockname()[1], "user": "x", "ssl": False, "timeout": 3600}
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(TimeoutError):
                await OutageTolerantConnector().connect(**options)


async def test_an_outage_ends_with_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a long outage an attempt isn't repeated until one succeeds; then the next outage has its full time."""
    monkeypatch.setattr(outages, "MAX_OUTAGE_WAIT_S", 0.2)
    answers: list[bool] = []
    attempts = 0

    async def connect(**_: object) -> None:
        nonlocal attempts
        attempts += 1
        if not answers.pop():
            raise ConnectionRefusedError

    monkeypatch.setattr(asyncpg, "connect", connect)
    connector = OutageTolerantConnector()

    async def count_attempts(*planned: bool) -> int:
        nonlocal attempts
        answers[:], attempts = [*reversed(planned)], 0
        with contextlib.suppress(ConnectionRefusedError):
            await connector.connect(timeout=1)
        return attempts

    long, none = [False] * 100, [True]
    assert await count_attempts(*long) > 1
    assert await count_attempts(*long) == 1
    assert await count_attempts(*none) == 1
    assert await count_attempts(*long) > 1
