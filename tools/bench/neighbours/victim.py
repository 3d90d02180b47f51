"""The victim: a partner who repeats one action at fixed times.

Times count from the due time, so a delay caused by an earlier delay counts too.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import httpx

from tools.bench import tenants
from tools.bench.figures import compute_percentiles
from tools.bench.neighbours.deployment import AttackedDeployment

#: Accounts and projects for the victim's concurrent jobs.
VICTIM_CONCURRENT_JOB_COUNT = 60

#: Seconds of long polling of one request for a job.
VICTIM_LONG_POLL_S = 20

#: Performs the victim's action once; the number selects its project or account.
VictimAction = Callable[[int], Awaitable[None]]


class AttackScale(NamedTuple):
    """`strength` multiplies the counts of an attack.

    In each window of `window_s` seconds the victim sends a request every `request_s` seconds, or starts a job
    every `job_s`. An action without a response after `patience_s` seconds counts with that time.
    """

    window_s: float = 15.0
    request_s: float = 0.1
    job_s: float = 0.5
    patience_s: float = 60.0
    strength: float = 1.0

    def scale_count(self, count: int) -> int:
        """Return `count` multiplied by the attack's strength, at least one."""
        return max(1, round(count * self.strength))


FULL_ATTACK_SCALE = AttackScale()
#: A size for tests: it checks that everything works, without meaningful figures.
TINY_ATTACK_SCALE = AttackScale(window_s=1.0, request_s=0.2, job_s=0.5, patience_s=300.0, strength=0.02)


class VictimTimings(NamedTuple):
    """p50 and p95 in milliseconds, the number of actions and of failures, and a sample error."""

    p50: float
    p95: float
    tried: int
    failed: int
    sample: str


class VictimActionFailed(Exception):
    """An unexpected response."""


async def create_victim_request_action(deployment: AttackedDeployment, client: httpx.AsyncClient) -> VictimAction:
    """Create the victim. Return its action: read or rename a project in turns, each on a new connection."""
    victim = await tenants.create_bench_tenant(
        deployment.environment, tier="partner", projects=VICTIM_CONCURRENT_JOB_COUNT
    )
    headers = {"Authorization": f"Bearer {victim.keys[0]}", "Connection": "close"}

    async def act(number: int) -> None:
        url = f"/v1/projects/{victim.projects[number % VICTIM_CONCURRENT_JOB_COUNT]}"
        if number % 2:
            _decode_victim_json(await client.get(url, headers=headers))
        else:
            _decode_victim_json(await client.patch(url, headers=headers, json={"name": f"Shop {number}"}))

    return act


async def create_victim_event_action(deployment: AttackedDeployment, client: httpx.AsyncClient) -> VictimAction:
    """Create the victim. Return its action: commit one event, each on a new connection."""
    tenant = await tenants.create_bench_tenant(deployment.environment, tier="partner")
    app = await tenants.create_bench_event_app(deployment.environment, tenant)
    headers = {"Authorization": f"Bearer {app.key}", "Connection": "close"}

    async def act(_: int) -> None:
        _decode_victim_json(await client.post(app.path, headers=headers, content=app.build_event_body(1)))

    return act


#: Actions of a single request, which run often.
SINGLE_REQUEST_VICTIM_ACTIONS = (create_victim_request_action, create_victim_event_action)


async def create_victim_ingest_action(deployment: AttackedDeployment, client: httpx.AsyncClient) -> VictimAction:
    """Create the victim. Return its action: ingest a small site and wait for the job."""
    victim = await tenants.create_bench_tenant(
        deployment.environment, tier="partner", projects=VICTIM_CONCURRENT_JOB_COUNT
    )
    headers = {"Authorization": f"Bearer {victim.keys[0]}"}

    async def act(number: int) -> None:
        url = f"/v1/projects/{victim.projects[number % VICTIM_CONCURRENT_JOB_COUNT]}/ingest/website"
        begun = _decode_victim_json(await client.post(url, headers=headers, json={"url": deployment.home}))
        await _wait_for_job(client, begun["jobId"], headers)

    return act


async def create_victim_publish_action(deployment: AttackedDeployment, client: httpx.AsyncClient) -> VictimAction:
    """Create the victim. Return its action: publish a post immediately and wait until it is published."""
    victim = await tenants.create_bench_tenant(deployment.environment, tier="partner")
    accounts = await tenants.store_bluesky_bench_accounts(
        deployment.environment, victim, [deployment.home] * VICTIM_CONCURRENT_JOB_COUNT
    )
    content_id = await tenants.create_bench_text_content(deployment.environment, victim)
    headers = {"Authorization": f"Bearer {victim.keys[0]}"}

    async def act(number: int) -> None:
        target = {"socialAccountId": accounts[number % VICTIM_CONCURRENT_JOB_COUNT]}
        body = {"targets": [target], "allowDuplicate": True}
        begun = _decode_victim_json(await client.post(f"/v1/content/{content_id}/publish", headers=headers, json=body))
        await _wait_for_job(client, begun["scheduledPosts"][0]["jobId"], headers)

    return act


async def time_victim_action(act: VictimAction, scale: AttackScale, *, every_s: float) -> VictimTimings:
    """Run the victim's action at fixed times in one window; return p50, p95 and the failures.

    A failed action counts with the time `scale.patience_s`, like one without a response.
    """
    count, begun = max(2, round(scale.window_s / every_s)), time.monotonic()
    dues = [begun + number * every_s for number in range(count)]
    results = await asyncio.gather(*(_time_one_action(act, number, due, scale) for number, due in enumerate(dues)))
    errors = [error for _, error in results if error]
    times = compute_percentiles([took_ms for took_ms, _ in results])
    return VictimTimings(times["p50"], times["p95"], count, len(errors), errors[0] if errors else "")


async def _time_one_action(act: VictimAction, number: int, due: float, scale: AttackScale) -> tuple[float, str]:
    await asyncio.sleep(due - time.monotonic())
    try:
        async with asyncio.timeout(scale.patience_s):
            await act(number)
    except (VictimActionFailed, httpx.HTTPError, TimeoutError) as error:
        return scale.patience_s * 1000, repr(error)[:300]
    return (time.monotonic() - due) * 1000, ""


async def _wait_for_job(client: httpx.AsyncClient, job_id: str, headers: Mapping[str, str]) -> None:
    while True:
        job = _decode_victim_json(await client.get(f"/v1/jobs/{job_id}?wait={VICTIM_LONG_POLL_S}", headers=headers))
        if job["status"] == "completed":
            return
        if job["status"] != "running":
            raise VictimActionFailed(job["status"], job["error"])


def _decode_victim_json(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise VictimActionFailed(answer.status_code, answer.text[:200])
    return answer.json()
