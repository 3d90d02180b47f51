"""The victim: a partner who repeats one action at fixed times.

Times count from the due time, so a delay caused by an earlier delay counts too.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import httpx

from bench.figures import spread
from bench.neighbours import tenants
from bench.neighbours.deployment import Deployment
from bench.neighbours.scale import Scale

#: Accounts and projects for the victim's concurrent jobs.
SIDE_BY_SIDE = 60

#: Seconds of long polling of one request for a job.
WAIT_S = 20

#: Performs the victim's action once; the number selects its project or account.
Act = Callable[[int], Awaitable[None]]


class Seen(NamedTuple):
    """p50 and p95 in milliseconds, the number of actions and of failures, and a sample error."""

    p50: float
    p95: float
    tried: int
    failed: int
    sample: str


class Failed(Exception):
    """An unexpected response."""


async def requests(deployment: Deployment, client: httpx.AsyncClient) -> Act:
    """Read and change a project in turns, each on a new connection."""
    victim = await tenants.settle(deployment.environment, tier="partner", projects=SIDE_BY_SIDE)
    headers = {"Authorization": f"Bearer {victim.keys[0]}", "Connection": "close"}

    async def act(number: int) -> None:
        url = f"/v1/projects/{victim.projects[number % SIDE_BY_SIDE]}"
        if number % 2:
            _good(await client.get(url, headers=headers))
        else:
            _good(await client.patch(url, headers=headers, json={"name": f"Shop {number}"}))

    return act


async def events(deployment: Deployment, client: httpx.AsyncClient) -> Act:
    """Send one event until it is committed, each on a new connection."""
    tenant = await tenants.settle(deployment.environment, tier="partner")
    app = await tenants.app(deployment.environment, tenant)
    headers = {"Authorization": f"Bearer {app.key}", "Connection": "close"}

    async def act(_: int) -> None:
        _good(await client.post(app.path, headers=headers, content=app.events(1)))

    return act


#: Actions of a single request, which run often.
QUICK = (requests, events)


async def ingests(deployment: Deployment, client: httpx.AsyncClient) -> Act:
    """Ingest a small site and wait for the job."""
    victim = await tenants.settle(deployment.environment, tier="partner", projects=SIDE_BY_SIDE)
    headers = {"Authorization": f"Bearer {victim.keys[0]}"}

    async def act(number: int) -> None:
        url = f"/v1/projects/{victim.projects[number % SIDE_BY_SIDE]}/ingest/website"
        begun = _good(await client.post(url, headers=headers, json={"url": deployment.home}))
        await _ended(client, begun["jobId"], headers)

    return act


async def posts(deployment: Deployment, client: httpx.AsyncClient) -> Act:
    """Publish a post immediately and wait until it is published."""
    victim = await tenants.settle(deployment.environment, tier="partner")
    accounts = await tenants.connected(deployment.environment, victim, [deployment.home] * SIDE_BY_SIDE)
    content_id = await tenants.written(deployment.environment, victim)
    headers = {"Authorization": f"Bearer {victim.keys[0]}"}

    async def act(number: int) -> None:
        target = {"socialAccountId": accounts[number % SIDE_BY_SIDE]}
        body = {"targets": [target], "allowDuplicate": True}
        begun = _good(await client.post(f"/v1/content/{content_id}/publish", headers=headers, json=body))
        await _ended(client, begun["scheduledPosts"][0]["jobId"], headers)

    return act


async def watched(act: Act, scale: Scale, *, every_s: float) -> Seen:
    """Time the action in one window. A failed action counts as one without a response."""
    count, begun = max(2, round(scale.window_s / every_s)), time.monotonic()
    dues = [begun + number * every_s for number in range(count)]
    found = await asyncio.gather(*(_timed(act, number, due, scale) for number, due in enumerate(dues)))
    faults = [fault for _, fault in found if fault]
    times = spread([took_ms for took_ms, _ in found])
    return Seen(times["p50"], times["p95"], count, len(faults), faults[0] if faults else "")


async def _timed(act: Act, number: int, due: float, scale: Scale) -> tuple[float, str]:
    await asyncio.sleep(due - time.monotonic())
    try:
        async with asyncio.timeout(scale.patience_s):
            await act(number)
    except (Failed, httpx.HTTPError, TimeoutError) as error:
        return scale.patience_s * 1000, repr(error)[:300]
    return (time.monotonic() - due) * 1000, ""


async def _ended(client: httpx.AsyncClient, job_id: str, headers: Mapping[str, str]) -> None:
    while True:
        job = _good(await client.get(f"/v1/jobs/{job_id}?wait={WAIT_S}", headers=headers))
        if job["status"] == "completed":
            return
        if job["status"] != "running":
            raise Failed(job["status"], job["error"])


def _good(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise Failed(answer.status_code, answer.text[:200])
    return answer.json()
