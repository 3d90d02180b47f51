import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from uuid import UUID, uuid4

import msgspec
import pytest
import redis

from db.pool import Conn, Pool
from domain.brand import ingests
from domain.jobs import jobs
from jobs import courier, ledger
from jobs.kinds import INGEST_WEBSITE
from jobs.ledger import Claim, Settlement
from jobs.outcomes import Done, Failed
from schemas import ids
from schemas.settings import Settings
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused
from tests.waiting import eventually

BROKEN = Failed("NOT_HTML", "a picture", retryable=False)


@pytest.fixture
async def organization_id(environment: Settings, conn: Conn) -> UUID:
    return await seeds.organization(conn)


@pytest.fixture
async def job_id(conn: Conn, organization_id: UUID) -> str:
    """A queued ingest, as the wire shows its id."""
    return await submit(conn, organization_id)


async def submit(conn: Conn, organization_id: UUID) -> str:
    project_id = await seeds.project(conn, organization_id)
    async with conn.transaction():
        submitted = await ingests.start_website(
            conn,
            organization_id=organization_id,
            project_id=project_id,
            url="https://example.com/",
            follow_links=False,
            max_pages=1,
        )
    return ids.show(ids.JOB, submitted.job_id)


async def claim(conn: Conn) -> Claim:
    """The only queued ingest, now running."""
    (claimed,) = await seeds.claims(conn, INGEST_WEBSITE)
    return claimed


async def fail(pool: Pool, conn: Conn) -> None:
    """Let the only queued ingest run and fail."""
    await jobs.settle(pool, [Settlement(await claim(conn), BROKEN)])


async def watching(conn: Conn) -> bool:
    """Whether a command has asked for a job and waits to ask again."""
    return bool(
        await conn.fetchval(
            "select 1 from pg_stat_activity where datname = current_database()"
            " and application_name = 'tenantry-cli' and query like '%partner_job%'"
        )
    )


async def test_a_list_is_filtered_and_paged(tenantry: Tenantry, conn: Conn, organization_id: UUID) -> None:
    made = sorted([await submit(conn, organization_id) for _ in range(3)], reverse=True)
    first = decoded(await tenantry("jobs", "list", "--status", "running", "--limit", "2", "--json"))
    assert [job["jobId"] for job in first["items"]] == made[:2]
    rest = decoded(await tenantry("jobs", "list", "--before", first["before"], "--json"))
    assert ([job["jobId"] for job in rest["items"]], rest["before"]) == (made[2:], None)
    assert decoded(await tenantry("jobs", "list", "--kind", "archive_project", "--json"))["items"] == []
    assert decoded(await tenantry("jobs", "list", "--stage", "fetching", "--json"))["items"] == []


async def test_a_person_reads_a_line_each(tenantry: Tenantry, job_id: str, pool: Pool, conn: Conn) -> None:
    await fail(pool, conn)
    _, line = (await tenantry("jobs", "list")).stdout.splitlines()
    words = line.split()
    assert words[:6] == [job_id, "ingest_website", "failed", "failed", "0%", "1/4"]
    assert words[-1] == "NOT_HTML"


async def test_a_project_has_its_own_list(tenantry: Tenantry, job_id: str) -> None:
    project_id = decoded(await tenantry("jobs", "show", job_id, "--json"))["projectId"]
    found = decoded(await tenantry("jobs", "list", "--project", project_id, "--json"))
    assert [job["jobId"] for job in found["items"]] == [job_id]
    assert refused(await tenantry("jobs", "list", "--project", str(uuid4()), "--json"), 3)


async def test_one_is_shown_whole(tenantry: Tenantry, job_id: str) -> None:
    shown = decoded(await tenantry("jobs", "show", job_id, "--json"))
    assert (shown["jobId"], shown["status"], shown["stage"]) == (job_id, "running", "queued")
    assert job_id in (await tenantry("jobs", "show", job_id)).stdout


@pytest.mark.parametrize("verb", ["show", "watch", "cancel", "retry"])
async def test_another_organizations_job_is_not_found(tenantry: Tenantry, job_id: str, verb: str) -> None:
    assert refused(await tenantry("jobs", verb, job_id, "--sandbox", "--json"), 3)["code"] == "NOT_FOUND"
    assert (await tenantry("jobs", verb, "prj_" + str(uuid4()))).exit_code == 2


async def test_watching_tells_each_change_and_the_end(
    tenantry: Tenantry, job_id: str, pool: Pool, conn: Conn
) -> None:
    watch = asyncio.ensure_future(tenantry("jobs", "watch", job_id, "--json"))
    await eventually(lambda: watching(conn))
    held = await claim(conn)
    await jobs.settle(pool, [Settlement(held, Done({"fields": []}))])
    result = await watch
    assert result.exit_code == 0
    lines = [msgspec.json.decode(line) for line in result.stdout.splitlines()]
    assert (lines[0]["stage"], lines[-1]["status"], lines[-1]["progress"]) == ("queued", "completed", 1.0)
    assert [line["status"] for line in lines[:-1]] == ["running"] * (len(lines) - 1)


async def test_watching_a_job_that_fails_fails(
    tenantry: Tenantry, job_id: str, pool: Pool, conn: Conn
) -> None:
    await fail(pool, conn)
    result = await tenantry("jobs", "watch", job_id)
    assert result.exit_code == 1
    assert "NOT_HTML" in result.stdout
    assert "\x1b" not in result.output
    assert (
        msgspec.json.decode((await tenantry("jobs", "watch", job_id, "--json")).stdout)["status"] == "failed"
    )


async def test_a_queued_job_is_canceled_at_once(tenantry: Tenantry, job_id: str, conn: Conn) -> None:
    assert decoded(await tenantry("jobs", "cancel", job_id, "--json"))["accepted"] is True
    assert decoded(await tenantry("jobs", "show", job_id, "--json"))["status"] == "canceled"
    assert await conn.fetchval("select status from ingest") == "canceled"
    again = decoded(await tenantry("jobs", "cancel", job_id, "--json"))
    assert (again["accepted"], again["reason"]) == (False, "ALREADY_CANCELED")


async def test_a_running_job_is_asked_to_stop(tenantry: Tenantry, job_id: str, conn: Conn) -> None:
    await claim(conn)
    result = await tenantry("jobs", "cancel", job_id)
    assert result.exit_code == 0
    assert f"tenantry jobs watch {job_id}" in result.stderr
    assert decoded(await tenantry("jobs", "show", job_id, "--json"))["cancelRequested"] is True


async def test_a_job_that_ended_otherwise_is_canceled_in_vain(
    tenantry: Tenantry, job_id: str, pool: Pool, conn: Conn
) -> None:
    await fail(pool, conn)
    result = await tenantry("jobs", "cancel", job_id, "--json")
    assert result.exit_code == 4
    assert msgspec.json.decode(result.stdout)["reason"] == "ALREADY_FAILED"


async def test_a_job_past_its_last_step_can_not_be_canceled(
    tenantry: Tenantry, job_id: str, conn: Conn
) -> None:
    held = await claim(conn)
    await ledger.progress(conn, held, progress=0.9, stage="saving", cancelable=False)
    error = refused(await tenantry("jobs", "cancel", job_id, "--json"), 4)
    assert error["details"] == {"reason": "JOB_CANCEL_UNAVAILABLE", "stage": "saving"}


async def test_a_failed_job_is_retried_as_a_new_one_and_workers_are_told(
    tenantry: Tenantry, job_id: str, pool: Pool, conn: Conn, redis_url: str
) -> None:
    await fail(pool, conn)
    made = decoded(await tenantry("jobs", "retry", job_id, "--json"))
    assert (made["retryOf"], made["status"]) == (job_id, "running")
    with redis.Redis.from_url(redis_url) as client:
        rung = client.lrange(courier.wake_list(INGEST_WEBSITE.pool), 0, -1)
    assert rung == [made["jobId"].removeprefix("job_").encode()]
    again = decoded(await tenantry("jobs", "retry", job_id, "--json"))
    assert again["jobId"] == made["jobId"]


async def test_a_retry_does_without_redis(
    tenantry: Tenantry, job_id: str, pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fail(pool, conn)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    result = await tenantry("jobs", "retry", job_id)
    assert result.exit_code == 0
    assert "tenantry jobs watch job_" in result.stderr


async def test_a_job_that_has_not_failed_is_not_retried(tenantry: Tenantry, job_id: str) -> None:
    error = refused(await tenantry("jobs", "retry", job_id, "--json"), 4)
    assert error["details"]["reason"] == "JOB_NOT_RETRYABLE"


async def test_ctrl_c_ends_the_watching_quietly(job_id: str, conn: Conn) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "jobs", "watch", job_id, stdout=PIPE, stderr=PIPE
    )
    await eventually(lambda: watching(conn))
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), timeout=20)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert b"Abort" not in err
