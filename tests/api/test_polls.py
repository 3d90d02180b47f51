"""Polls of a job: the key and the job in one statement, with the same answers as two."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import set_api_settings_and_clock
from db.pool import Conn, Pool
from domain.jobs import jobs
from jobs.kinds import INGEST_WEBSITE_KIND
from jobs.ledger import AttemptSettlement
from jobs.outcomes import Done
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import ApiCaller, built_app, hold_context, open_caller, poll
from tests.api.participants import new_project
from tests.api.refusals import assert_refused
from tests.api.test_bulk_jobs import start_ingest
from tests.relay import PostgresRelay


@pytest_asyncio.fixture
async def relayed_caller(settings: Settings, relay: PostgresRelay, pool: Pool) -> AsyncIterator[ApiCaller]:
    """An organization, with an API behind a relay that reads the statements for Postgres."""
    served = set_api_settings_and_clock(built_app(), msgspec.structs.replace(settings, database_url=relay.url))
    async with hold_context(served.lifespan()), open_caller(served, pool, "Acme") as caller:
        yield caller


@pytest_asyncio.fixture
async def job(acme: ApiCaller) -> str:
    """Start an ingest, and return the path of its queued job; this process knows the key afterwards."""
    return f"/v1/jobs/{await start_ingest(acme, await new_project(acme), 'website')}"


async def test_a_poll_needs_one_statement_and_the_first_of_a_queued_job_one_more(
    relayed_caller: ApiCaller, relay: PostgresRelay, monkeypatch: pytest.MonkeyPatch, pool: Pool, conn: Conn
) -> None:
    job = f"/v1/jobs/{await start_ingest(relayed_caller, await new_project(relayed_caller), 'website')}"
    statements = list[str]()
    monkeypatch.setattr(relay, "loss_of", statements.append)

    async def count_statements(**headers: str) -> tuple[str, int]:
        statements.clear()
        answer = await relayed_caller.http.get(job, headers=headers)
        return answer.json()["phase"] if answer.content else "", len(statements)

    assert [await count_statements() for _ in range(3)] == [("queued", 2), ("queued", 1), ("queued", 1)]
    assert await count_statements(**{"If-None-Match": "*"}) == ("", 1)
    claims = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    assert await count_statements() == ("running", 1)
    await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Done({})) for claim in claims])
    assert await count_statements() == ("completed", 1)


async def test_a_poll_shows_a_lost_worker_at_once(acme: ApiCaller, job: str, pool: Pool, conn: Conn) -> None:
    await seeds.claims(conn, INGEST_WEBSITE_KIND)
    assert (await acme.http.get(job)).json()["waiting"] is None
    for change in ("update worker set lease_expires_at = now()", "update job set lease_owner = gen_random_uuid()"):
        await pool.execute(change)
        waiting = [(await acme.http.get(job)).json()["waiting"] for _ in range(3)]
        assert waiting[0]["reason"] == "worker_lost"
        assert waiting == waiting[:1] * 3


async def test_polls_of_one_statement_get_their_own_answers(acme: ApiCaller, rival: ApiCaller, conn: Conn) -> None:
    """Those of a queued job, a running one, an unknown one, and another organization's."""
    projects = [await new_project(caller) for caller in (acme, acme, rival)]
    running = f"/v1/jobs/{await start_ingest(acme, projects[0], 'website')}"
    await seeds.claims(conn, INGEST_WEBSITE_KIND, free=1)
    queued = f"/v1/jobs/{await start_ingest(acme, projects[1], 'website')}"
    foreign = f"/v1/jobs/{await start_ingest(rival, projects[2], 'website')}"
    for _ in range(2):
        paths = (queued, running, foreign, "/v1/jobs/none", queued)
        answers = await asyncio.gather(*(acme.http.get(path) for path in paths), rival.http.get(foreign))
        waits = [answer.json().get("waiting", answer.status_code) for answer in answers]
        assert waits[1:4] == [None, 404, 404]
        assert [waits[place]["reason"] for place in (0, 4, 5)] == ["workers_busy"] * 3


async def test_a_foreign_job_and_an_unknown_one_are_alike(acme: ApiCaller, rival: ApiCaller, job: str) -> None:
    answers = []
    for path in (job, "/v1/jobs/job_01990000-0000-7000-8000-000000000000", "/v1/jobs/prj_none"):
        assert (await rival.http.get("/v1/whoami")).status_code == 200
        answer = await rival.http.get(path)
        error = answer.json()["error"]
        del error["requestId"]
        answers.append((answer.status_code, error))
    assert answers[0][0] == 404
    assert answers == answers[:1] * 3
    assert (await acme.http.get(job)).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ("update api_key set killed_at = now() where organization_id = $1", 503, "KILL_SWITCH"),
        ("update api_key set expires_at = now() where organization_id = $1", 401, "UNAUTHENTICATED"),
        ("update api_key set secret_hash = '\\x00' where organization_id = $1", 401, "UNAUTHENTICATED"),
        ("update organization set tier = 'suspended', resumes_as = tier where id = $1", 503, "KILL_SWITCH"),
        ("update api_key set scopes = '{projects:read}' where organization_id = $1", 403, "FORBIDDEN_SCOPE"),
        ("update organization set moving_to = 1 where id = $1", 503, "UNAVAILABLE"),
        ("update organization set moved_at = now() where id = $1", 503, "UNAVAILABLE"),
    ],
)
async def test_a_change_of_the_key_applies_to_the_next_poll(
    acme: ApiCaller, job: str, pool: Pool, *, change: str, status: int, code: str
) -> None:
    """Also with reserved requests, and before a job that doesn't exist."""
    for _ in range(5):
        assert (await acme.http.get(job)).status_code == 200
    await pool.execute(change, acme.organization_id)
    for path in (job, "/v1/jobs/job_01990000-0000-7000-8000-000000000000"):
        answer = await acme.http.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_job_that_moves_to_another_cell_during_a_wait_is_not_unknown(
    acme: ApiCaller, job: str, pool: Pool, app: Litestar
) -> None:
    waiting = asyncio.create_task(acme.http.get(job, params={"wait": 20}))
    await poll(lambda: app.state.services.job_hub.waiting_count)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("update organization set moving_to = 1 where id = $1", acme.organization_id)
        await conn.execute("set local session_replication_role = replica")
        await conn.execute("delete from job")
    assert_refused(await waiting, 503, "UNAVAILABLE")


async def test_a_guess_reads_no_job(acme: ApiCaller, job: str, app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a key that this process has authenticated before reads one."""
    polls = list[object]()
    monkeypatch.setattr(app.state.services.authenticator._polls, "queue_lookup", polls.append)
    wrong = acme.key[:-1] + ("A" if acme.key[-1] != "A" else "B")
    assert (await acme.http.get(job, headers={"X-Api-Key": wrong})).status_code == 401
    assert polls == []
