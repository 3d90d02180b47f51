"""Calls of attackers to the API, and the count of what was answered."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from bench.neighbours.deployment import Deployment
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


async def uncounted(deployment: Deployment, _: Mapping[str, int]) -> dict[str, Any]:
    """Requests that passed uncounted, since Redis took too long on a busy machine."""
    async with httpx.AsyncClient(trust_env=False) as client:
        said = (await client.get(f"http://127.0.0.1:{deployment.port}/metrics")).text
    [line] = [line for line in said.splitlines() if line.startswith("rate_limit_uncounted_total ")]
    return {"uncounted": round(float(line.split()[1]))}


async def paced(
    course: Course, callers: int, *, every_s: float, warm_s: float, once: Callable[[int], Awaitable[int]]
) -> None:
    """Run `once` with each caller's number every `every_s` seconds, for ever; it returns a status.

    Callers are spread over `every_s`. `course.ready` is set at the first refusal, since bursts that limits
    allow are used up by then; after `warm_s` seconds at the latest.
    """
    begun, refused = time.monotonic(), asyncio.Event()

    async def call(number: int) -> None:
        due = begun + every_s * number / callers
        while True:
            await asyncio.sleep(due - time.monotonic())
            if await once(number) == HTTPStatus.TOO_MANY_REQUESTS:
                refused.set()
            due = max(due + every_s, time.monotonic())

    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            group.create_task(call(number))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(warm_s):
                await refused.wait()
        course.felt.clear()
        course.ready.set()


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
