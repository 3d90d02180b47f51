"""Start of the API while Postgres refuses connections, or shuts down: it waits and is not ready."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import httpx
import msgspec
import pytest

from db.server import find_free_port
from db.wait_for_postgres import find_postgres_away_error, retry_until_postgres_answers
from schemas.errors import SettingsInvalid
from schemas.settings import Settings
from tests.relay import PostgresRelay
from tests.servers import environment
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.timing

#: An ErrorResponse of PostgreSQL's protocol: 57P03, which it sends while it starts or ends.
FIELDS = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is shutting down\0\0"
SHUTTING_DOWN = b"E" + (len(FIELDS) + 4).to_bytes(4, "big") + FIELDS


Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Door:
    """A port that refuses connections until it is opened."""

    def __init__(self) -> None:
        self.port = find_free_port()

    @asynccontextmanager
    async def opened(self, serve: Serve) -> AsyncIterator[None]:
        server = await asyncio.start_server(serve, "127.0.0.1", self.port)
        yield
        server.close()


async def answer_shutting_down(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a Postgres that shuts down."""
    await reader.read(4096)
    writer.write(SHUTTING_DOWN)
    await writer.drain()
    writer.close()


@pytest.fixture
def door() -> Door:
    return Door()


class Starting:
    """`python -m api` with the door as its Postgres."""

    def __init__(self, settings: Settings, door: Door, log: Path) -> None:
        self.log, self.port = log, find_free_port()
        url = httpx.URL(settings.database_url).copy_with(host="127.0.0.1", port=door.port)
        given = {**os.environ, **environment(settings), "DATABASE_URL": str(url)}
        command = [sys.executable, "-m", "api", "--port", str(self.port)]
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, env=given, stdout=output, stderr=output)

    async def status(self, path: str) -> int | None:
        assert self.process.poll() is None, self.log.read_text()
        return await asyncio.to_thread(self.ask, path)

    def ask(self, path: str) -> int | None:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_S).status_code
        except httpx.TransportError:
            return None

    async def waits(self) -> bool:
        return await self.status("/healthz") == 200 and await self.status("/readyz") == 503

    async def serves(self) -> bool:
        return await self.status("/readyz") == 200

    async def stopped(self) -> int:
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, PATIENCE_S)

    def lines(self) -> list[dict[str, Any]]:
        """Return its log, which has only structured lines."""
        return [msgspec.json.decode(line) for line in self.log.read_bytes().splitlines()]


@pytest.fixture
def starting(settings: Settings, door: Door, tmp_path: Path) -> Iterator[Starting]:
    created = Starting(settings, door, tmp_path / "api.log")
    yield created
    created.process.kill()
    created.process.wait()


@pytest.mark.parametrize("ends", [False, True], ids=["refused", "shutting down"])
async def test_it_waits_and_serves_once_postgres_answers(
    settings: Settings, door: Door, starting: Starting, *, ends: bool
) -> None:
    async with door.opened(answer_shutting_down) if ends else nullcontext():
        await eventually(starting.waits)
        refused = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{starting.port}/v1/projects")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert refused.headers["retry-after"] == "1"
    async with door.opened(PostgresRelay(settings.database_url).serve):
        await eventually(starting.serves)
        assert await starting.stopped() == 0, starting.log.read_text()
    waits = [line for line in starting.lines() if line["event"] == "Postgres is away, waiting for it"]
    assert waits
    assert ("shutting down" if ends else "refused") in waits[0]["error"].lower()


async def test_requests_wait_for_the_start_once_postgres_answers(
    settings: Settings, door: Door, starting: Starting
) -> None:
    """Requests that come before the outage's end, or during the start, are answered by the API itself."""
    await eventually(starting.waits)
    async with door.opened(PostgresRelay(settings.database_url).serve), asyncio.TaskGroup() as group:
        answers = [group.create_task(starting.status("/readyz")) for _ in range(10)]
        await eventually(starting.serves)
        answers.append(group.create_task(starting.status("/readyz")))
    assert {answer.result() for answer in answers} == {200}
    assert await starting.stopped() == 0


async def test_a_stop_ends_the_wait_cleanly(starting: Starting) -> None:
    await eventually(starting.waits)
    assert await starting.stopped() == 0
    assert [line for line in starting.lines() if "exception" in line] == []


async def test_permanent_error_is_raised() -> None:
    async def ask() -> None:
        raise ExceptionGroup("start", [ConnectionRefusedError(), SettingsInvalid("PEPPERS lacks lost")])

    with pytest.raises(ExceptionGroup):
        await retry_until_postgres_answers(ask, asyncio.Event())


def test_the_reason_is_found_in_groups() -> None:
    error = asyncpg.CannotConnectNowError("starting up")
    assert find_postgres_away_error(ExceptionGroup("a", [ExceptionGroup("b", [error])])) is error
    assert find_postgres_away_error(KeyError("x")) is None
