"""Events sent three times over HTTP to APIs that are killed, and lose their Postgres connections."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import httpx
import msgspec
import pytest

from db.server import find_free_port
from domain.events.event import NewEventRow
from tests import seeds
from tests.chaos.fleet import Fleet, Process
from tests.domain.events import racing
from tests.process_tree import descendants, kill_all

pytestmark = [pytest.mark.chaos, pytest.mark.long, pytest.mark.timeout(400)]

APIS, SEED, NUMBERS = 2, 3, 16_000

CUT = """select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'tenantry-events'"""


class Senders:
    """Clients that send each batch to the APIs in turn until a 202."""

    def __init__(self, numbers: int, ports: list[int], url: str, key: str) -> None:
        shares = racing.batches(SEED, numbers)
        self.queue: Iterator[list[NewEventRow]] = iter([batch for share in shares for batch in share])
        self.all, self.answered, self.again = sum(map(len, shares)), 0, 0
        self._ports, self._path, self._headers = cycle(ports), url, {"Authorization": f"Bearer {key}"}

    @property
    def progress(self) -> float:
        return self.answered / self.all

    async def send(self) -> None:
        """Run one client."""
        async with httpx.AsyncClient(headers=self._headers, trust_env=False, timeout=15) as http:
            for batch in self.queue:
                while not await self._take(http, written(batch)):
                    self.again += 1
                    await asyncio.sleep(racing.AGAIN_S)
                self.answered += 1

    async def _take(self, http: httpx.AsyncClient, content: bytes) -> bool:
        try:
            answer = await http.post(f"http://127.0.0.1:{next(self._ports)}{self._path}", content=content)
        except httpx.TransportError:
            return False
        assert answer.status_code in {202, 429, 503}, answer.text
        assert answer.status_code != 202 or answer.json()["rejected"] == []
        return answer.status_code == 202


def written(batch: list[NewEventRow]) -> bytes:
    events: list[dict[str, Any]] = [
        {
            "name": one.name,
            "eventId": str(one.event_key),
            "occurredAt": one.occurred_at,
            "properties": {"value": (one.value_micros or 0) / 1e6, "currency": one.currency},
        }
        for one in batch
    ]
    return msgspec.json.encode({"events": events})


async def break_things(fleet: Fleet, apis: list[Process], done: asyncio.Event) -> None:
    """Kill the serving process of an API, or cut its event connections, at random times until all is sent."""
    dice = random.Random(SEED)
    while not done.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), dice.uniform(0.05, 0.6))
            return
        if dice.random() < 0.6:
            await fleet.pool.execute(CUT)
        else:
            _image, *serving = descendants(dice.choice(apis).popen.pid)
            kill_all(serving)


async def test_each_id_is_stored_once_and_counted_once(fleet: Fleet) -> None:
    """A fifth of the ids repeats with another time. `test_storm.py` sends few events, among other faults."""
    async with fleet.pool.acquire() as conn:
        app = await seeds.app(conn, fleet.org, await seeds.project(conn, fleet.org), web_domain="shop.example")
    ports, done = [find_free_port() for _ in range(APIS)], asyncio.Event()
    apis = [await fleet.api(port) for port in ports]
    senders = Senders(NUMBERS, ports, f"/v1/apps/{app.app_id}/events", app.api_key)
    breaking = asyncio.create_task(break_things(fleet, apis, done))
    await asyncio.gather(*[senders.send() for _ in range(racing.WRITERS)])
    done.set()
    await breaking
    async with fleet.pool.acquire() as conn:
        await racing.is_exact(conn, NUMBERS)
    assert senders.again > 0
