"""Calls of attackers to the API, and the count of what was answered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from bench.neighbours.row import Course, Plan

#: Another address than the victim's, as an attacker has.
ADDRESS = "127.0.0.2"


def caller(plan: Plan, key: str) -> httpx.AsyncClient:
    """A client of one key that waits as long as it takes."""
    everything = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{plan.port}",
        headers={"Authorization": f"Bearer {key}"},
        timeout=None,
        transport=httpx.AsyncHTTPTransport(local_address=ADDRESS, limits=everything),
        trust_env=False,
    )


async def ask(client: httpx.AsyncClient, course: Course, method: str, url: str, **more: Any) -> int:
    """The status, counted; 0 where the connection broke."""
    try:
        status = (await client.request(method, url, **more)).status_code
    except httpx.TransportError:
        status = 0
    course.add(str(status))
    return status


async def again(course: Course, at_once: int, once: Callable[[], Awaitable[None]]) -> None:
    """So many callers, each of whom asks anew as soon as it has its answer, for ever."""

    async def call() -> None:
        while True:
            await once()
            await asyncio.sleep(0.01)

    # What came before, such as calls that swell a list, was felt too.
    course.felt.clear()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(call())
        course.ready.set()
