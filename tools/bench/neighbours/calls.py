"""HTTP calls of attackers to the API, counted by status."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from tools.bench.neighbours.deployment import AttackedDeployment
from tools.bench.neighbours.row import AttackCountsAndProgress, AttackProcessInput

#: The attackers' address, different from the victim's.
ATTACKER_ADDRESS = "127.0.0.2"

#: Seconds until the burst of a rate limit is used up, at the latest.
MAX_WAIT_FOR_FIRST_RATE_REFUSAL_S = 120


def open_attacker_client(plan: AttackProcessInput, key: str) -> httpx.AsyncClient:
    """Return an HTTP client with one of the attacker's keys and its address, without timeout or connection limit."""
    no_limit = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{plan.port}",
        headers={"Authorization": f"Bearer {key}"},
        timeout=None,
        transport=httpx.AsyncHTTPTransport(local_address=ATTACKER_ADDRESS, limits=no_limit),
        trust_env=False,
    )


async def send_attack_request_and_count_status(
    client: httpx.AsyncClient, progress: AttackCountsAndProgress, method: str, url: str, **options: Any
) -> int:
    """Send an attacker's request, count its status in `progress`, and return it; 0 if the connection broke."""
    try:
        status = (await client.request(method, url, **options)).status_code
    except httpx.TransportError:
        status = 0
    progress.count_attack_effect(str(status))
    return status


async def read_uncounted_request_count(deployment: AttackedDeployment, _: Mapping[str, int]) -> dict[str, Any]:
    """Return the number of requests that no rate limit counted, since Redis was slow on a busy machine."""
    async with httpx.AsyncClient(trust_env=False) as client:
        metrics = (await client.get(f"http://127.0.0.1:{deployment.port}/metrics")).text
    [line] = [line for line in metrics.splitlines() if line.startswith("rate_limit_uncounted_total ")]
    return {"uncounted": round(float(line.split()[1]))}


async def run_paced_callers(
    progress: AttackCountsAndProgress,
    callers: int,
    *,
    every_s: float,
    warm_s: float,
    once: Callable[[int], Awaitable[int]],
) -> None:
    """Run `callers` callers forever; each calls `once` with its number every `every_s` seconds.

    Callers are spread over `every_s`, and `once` returns a status. At the first 429, or after `warm_s` seconds
    at the latest, `progress.had_effect` is cleared and `progress.ready` is set.
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
        progress.had_effect.clear()
        progress.ready.set()


async def run_callers_forever(
    progress: AttackCountsAndProgress, at_once: int, once: Callable[[], Awaitable[None]]
) -> None:
    """Clear `progress.had_effect`, start `at_once` callers that call in a closed loop forever, and set `ready`."""

    async def call() -> None:
        while True:
            await once()
            await asyncio.sleep(0.01)

    # Earlier requests, for example the writes that fill a list, don't count as an effect.
    progress.had_effect.clear()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(call())
        progress.ready.set()
