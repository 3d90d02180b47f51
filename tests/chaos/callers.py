"""Callers of the API during faults: probes on new connections, and clients that repeat each write until its answer."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx

from tests.waiting import PATIENCE_S, eventually

PROBE_PAUSE_S, WRITE_PAUSE_S, AGAIN_S = 0.05, 0.1, 0.05
#: Events of one request.
EVENTS = 5


class Call(NamedTuple):
    """One request on a connection of its own; `fault` is empty after a 200. Times are monotonic seconds."""

    began: float
    ended: float
    fault: str


async def call(port: int, path: str, key: str = "") -> Call:
    """Send a GET on a new connection."""
    began = time.monotonic()
    fault = await _find_fault(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}")
    return Call(began, time.monotonic(), fault)


async def _find_fault(port: int, head: str) -> str:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError as error:
        return f"refused: {error!r}"
    try:
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        return "" if answer.startswith(b"HTTP/1.1 200") else f"broken: {answer!r}"
    except OSError as error:
        return f"broken: {error!r}"
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Callers:
    """Probes, and clients that create projects and send events, until `stop`. The sets hold acknowledged writes."""

    def __init__(self, url: str, key: str, events_path: str, app_key: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, trust_env=False)
        self._key, self._events_path, self._app_key = key, events_path, app_key
        self.calls: list[Call] = []
        self.projects: set[str] = set()
        self.events: set[UUID] = set()
        #: Faults of the clients' connections.
        self.broken: list[httpx.TransportError] = []
        self._open: set[object] = set()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        async with self._http, asyncio.TaskGroup() as group:
            for client in (self._probe, self._create_projects, self._send_events):
                group.create_task(client(group))

    def stop(self) -> None:
        self._stopped.set()

    def refused(self) -> list[object]:
        calls = [one for one in self.calls if one.fault.startswith("refused")]
        return [*calls, *(error for error in self.broken if isinstance(error, httpx.ConnectError))]

    def outside(self, outages: Iterable[tuple[float, float]]) -> list[Call]:
        """Return the probes that overlap no outage."""
        spans = [*outages]
        return [one for one in self.calls if not any(one.began < end and begin < one.ended for begin, end in spans)]

    async def answered(self) -> None:
        """Wait until each probe that has begun is answered."""
        begun = {*self._open}
        await eventually(partial(self._has_ended, begun))

    async def _has_ended(self, probes: set[object]) -> bool:
        return not probes & self._open

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)

    async def _probe(self, group: asyncio.TaskGroup) -> None:
        async def probe() -> None:
            self._open.add(this := object())
            self.calls.append(await call(self._http.base_url.port or 0, "/v1/projects?limit=1", self._key))
            self._open.remove(this)

        while not self._stopped.is_set():
            group.create_task(probe())
            await self._pause(PROBE_PAUSE_S)

    async def _create_projects(self, _: asyncio.TaskGroup) -> None:
        while not self._stopped.is_set():
            name = uuid4().hex
            await self._post("/v1/projects", self._key, {"name": name, "timezone": "UTC"}, {"Idempotency-Key": name})
            self.projects.add(name)
            await self._pause(WRITE_PAUSE_S)

    async def _send_events(self, _: asyncio.TaskGroup) -> None:
        while not self._stopped.is_set():
            sent = [uuid4() for _ in range(EVENTS)]
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            events = [{"name": "tap", "eventId": str(one), "occurredAt": at} for one in sent]
            answer = await self._post(self._events_path, self._app_key, {"events": events})
            assert answer["rejected"] == []
            self.events |= {*sent}
            await self._pause(WRITE_PAUSE_S)

    async def _post(self, path: str, key: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        """Send a request until it is acknowledged, as the docs advise; return the answer's body."""
        while True:
            try:
                answer = await self._http.post(
                    path, json=body, headers={"Authorization": f"Bearer {key}", **(headers or {})}
                )
            except httpx.TransportError as error:
                self.broken.append(error)
            else:
                if answer.is_success:
                    return answer.json()
                # A request before may still run, with the same key.
                assert answer.status_code == 503 or "IN_FLIGHT" in answer.text, answer.text
            await asyncio.sleep(AGAIN_S)
