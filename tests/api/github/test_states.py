"""OAuth states: single use, expiry, owner; and incomplete callbacks."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.api.github.connecting import ACME, GitHubParticipants, status
from tests.api.refusals import assert_state_refused
from tests.waiting import eventually


async def test_a_state_expires(github_without_worker: GitHubParticipants) -> None:
    state = await github_without_worker.follow_link()
    github_without_worker.clock.ahead = timedelta(minutes=15, seconds=1)
    assert_state_refused(await github_without_worker.call_callback(state))
    assert await github_without_worker.jobs() == []


async def test_connection_belongs_to_the_states_owner(github: GitHubParticipants) -> None:
    """The connection belongs to the organization that created the state, whoever returns it."""
    assert await github.connect(github.rival) == "connected"
    assert (await github.rival.http.get("/v1/github/installation")).json()["installationId"] == ACME
    for path in ("installation", "repos"):
        assert (await github.acme.http.get(f"/v1/github/{path}")).status_code == 404
    assert (await github.acme.http.delete("/v1/github/installation")).status_code == 404
    assert (await github.rival.http.get("/v1/github/installation")).status_code == 200


async def test_incomplete_callback_starts_no_job(github_without_worker: GitHubParticipants) -> None:
    for given, said in (
        ({"code": None, "installation_id": None, "setup_action": None, "error": "access_denied"}, "failed"),
        ({"code": None}, "failed"),
        ({"installation_id": None}, "failed"),
        ({"installation_id": None, "setup_action": "request"}, "pending"),
    ):
        assert await github_without_worker.connect(**given) == said
        assert await github_without_worker.jobs() == []


async def test_a_job_that_is_canceled_fails_the_flow(github_without_worker: GitHubParticipants) -> None:
    state = await github_without_worker.follow_link()
    answer = asyncio.create_task(github_without_worker.call_callback(state))

    async def submitted() -> Any:
        return (await github_without_worker.acme.http.get("/v1/jobs")).json()["items"]

    (job,) = await eventually(submitted)
    await github_without_worker.acme.http.post(f"/v1/jobs/{job['jobId']}/cancel")
    assert status(await answer, state) == "failed"
    assert await github_without_worker.count_codes() == 0
