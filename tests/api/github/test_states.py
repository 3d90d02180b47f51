"""A state: once, in time, for its maker; and those who come back with less than it takes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from api import oauth_return
from domain.operations import maintenance
from tests.api.github.connecting import ACME, GitHub, status
from tests.api.refusals import state_refused
from tests.waiting import eventually


async def test_a_state_works_once(github: GitHub) -> None:
    state = await github.start()
    assert status(await github.come_back(state), state) == "connected"
    state_refused(await github.come_back(state))
    assert len(await github.jobs()) == 1


async def test_twenty_browsers_at_once_are_one_job(github: GitHub) -> None:
    state = await github.start()
    answers = await asyncio.gather(*(github.come_back(state) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [302, *[422] * 19]
    assert len(await github.jobs()) == 1


async def test_a_state_expires(idle: GitHub) -> None:
    state = await idle.start()
    idle.clock.ahead = timedelta(minutes=15, seconds=1)
    state_refused(await idle.come_back(state))
    assert await idle.jobs() == []


async def test_a_state_that_nobody_made_leads_nowhere(idle: GitHub) -> None:
    for state in ("", "x", "A" * 43, "A" * 201, "é" * 43):
        state_refused(await idle.come_back(state))


async def test_a_killed_keys_flows_end_with_it(idle: GitHub) -> None:
    state = await idle.start()
    await idle.pool.execute("update api_key set killed_at = now()")
    state_refused(await idle.come_back(state))


async def test_a_state_is_its_makers(github: GitHub) -> None:
    """Whoever brings it back connects for the organization that made it, and no other."""
    assert await github.connect(github.rival) == "connected"
    assert (await github.rival.http.get("/v1/github/installation")).json()["installationId"] == ACME
    for path in ("installation", "repos"):
        assert (await github.acme.http.get(f"/v1/github/{path}")).status_code == 404
    assert (await github.acme.http.delete("/v1/github/installation")).status_code == 404
    assert (await github.rival.http.get("/v1/github/installation")).status_code == 200


async def test_who_comes_back_with_less_starts_no_job(idle: GitHub) -> None:
    for given, said in (
        ({"code": None, "installation_id": None, "setup_action": None, "error": "access_denied"}, "failed"),
        ({"code": None}, "failed"),
        ({"installation_id": None}, "failed"),
        ({"installation_id": None, "setup_action": "request"}, "pending"),
    ):
        assert await idle.connect(**given) == said
        assert await idle.jobs() == []


async def test_a_browser_waits_only_so_long(idle: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth_return, "CALLBACK_S", 0.05)
    assert await idle.connect() == "pending"


async def test_a_job_that_is_canceled_fails_the_flow(idle: GitHub) -> None:
    state = await idle.start()
    answer = asyncio.create_task(idle.come_back(state))

    async def submitted() -> Any:
        return (await idle.acme.http.get("/v1/jobs")).json()["items"]

    (job,) = await eventually(submitted)
    await idle.acme.http.post(f"/v1/jobs/{job['jobId']}/cancel")
    assert status(await answer, state) == "failed"
    assert await idle.sealed() == 0


async def test_old_states_go(idle: GitHub) -> None:
    await idle.start()
    async with idle.pool.acquire() as conn:
        assert await maintenance.prune_states(conn) == 0
        await conn.execute("update oauth_state set expires_at = now() - interval '25 hours'")
        assert await maintenance.prune_states(conn) == 1
