"""The dispatcher: its periodic work, and the faults that it survives."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from db.pool import Conn, open_postgres_pool
from jobs import heartbeat, maintenance
from jobs.courier import WakeCourier
from jobs.ledger import WakeMessage
from jobs.outcomes import Done
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from tests import servers
from tests.jobs import scene
from tests.waiting import PATIENCE_S, eventually
from tests.workers.runtime.workers import running
from workers.dispatcher import chores, leader
from workers.dispatcher.chores import QUEUED_JOB_DEADLINE_CHORE
from workers.dispatcher.loop import Dispatcher


class RecordingCourier(WakeCourier):
    """Courier that records wakes instead of sending them."""

    def __init__(self) -> None:
        self.sent: list[WakeMessage] = []

    async def send_or_queue_wake(self, wake: WakeMessage) -> None:
        self.sent.append(wake)


@asynccontextmanager
async def run_dispatcher(settings: Settings) -> AsyncIterator[RecordingCourier]:
    recorder = RecordingCourier()
    async with running(Dispatcher(settings, recorder)):
        yield recorder


async def has(conn: Conn, job_id: UUID, condition: str) -> bool:
    return bool(await conn.fetchval(f"select exists (select from job where id = $1 and {condition})", job_id))


async def leaders(conn: Conn) -> list[int]:
    """Return the sessions that hold the dispatcher's lock in this database."""
    rows = await conn.fetch(
        """select l.pid from pg_locks l join pg_database d on d.oid = l.database
            where d.datname = current_database() and l.granted
              and l.locktype = 'advisory' and l.objid = $1""",
        maintenance.DISPATCHER_LEADER_LOCK_ID,
    )
    return [row["pid"] for row in rows]


async def test_a_job_with_a_lost_message_gets_a_wake(settings: Settings, conn: Conn, org: UUID) -> None:
    async with run_dispatcher(settings) as courier:
        await scene.submit(conn, org)
        await eventually(lambda: answer(courier.sent))
    assert {(wake.pool, wake.kind) for wake in courier.sent} == {("ingest", "run_errand")}
    assert len({wake.job_id for wake in courier.sent}) == 1


async def answer(value: object) -> object:
    return value


async def test_each_periodic_work_is_done(settings: Settings, conn: Conn, org: UUID) -> None:
    """Old rows go, a lost job returns to its line, one past its deadline fails, and a scheduled one is due in time."""
    old = await scene.start_job(conn, org)
    await scene.settle(conn, [old], Done())
    await conn.execute("update job set finished_at = now() - interval '31 days'")
    await conn.execute("update worker set lease_expires_at = now() - interval '2 hours'")
    lost = await scene.start_job(conn, org)
    await scene.expire_lease(conn, lost)
    late = await scene.submit(conn, org, scene.TEST_JOB._replace(total_s=0))
    run_at = datetime.now(UTC) + timedelta(seconds=0.3)
    scheduled = await scene.submit(conn, org, run_at=run_at)
    rows = "select not exists (select from job where id = $1) and count(*) = 1 from worker"
    async with run_dispatcher(msgspec.structs.replace(settings, lease_s=1)):
        await eventually(lambda: has(conn, scheduled.job_id, "stage = 'queued'"))
        assert datetime.now(UTC) >= run_at
        await eventually(lambda: has(conn, lost.id, "state = 'queued' and crashes = 1"))
        await eventually(lambda: has(conn, late.job_id, "error ->> 'code' = 'DEADLINE'"))
        await eventually(lambda: conn.fetchval(rows, old.id))


async def test_a_full_batch_is_followed_at_once(
    settings: Settings, conn: Conn, org: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a partial batch the next one would not run in this test's time."""
    monkeypatch.setattr(chores, "QUEUED_JOB_DEADLINE_CHORE", QUEUED_JOB_DEADLINE_CHORE._replace(every_s=3600))
    await scene.insert_due_jobs(conn, [org], 1200)
    await conn.execute("update job set deadline_at = now()")

    async def left() -> bool:
        return not await conn.fetchval("select exists (select from job where finished_at is null)")

    async with run_dispatcher(settings):
        await eventually(left)


async def test_one_of_many_leads_and_another_takes_over(settings: Settings, conn: Conn) -> None:
    async def led() -> list[int]:
        return await leaders(conn)

    async with run_dispatcher(settings):
        first = await eventually(led)
        async with run_dispatcher(settings):
            await eventually(lambda: standing_by(conn))
            assert await led() == first
            await conn.execute("select pg_terminate_backend($1)", first[0])
            await eventually(lambda: changed(conn, first))


async def standing_by(conn: Conn) -> bool:
    count = await conn.fetchval(
        """select count(*) from pg_stat_activity
            where datname = current_database() and application_name = 'dispatcher'"""
    )
    return bool(count == 2)


async def changed(conn: Conn, before: list[int]) -> bool:
    return (await leaders(conn)) not in ([], before)


async def test_a_silent_session_ends(settings: Settings, conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends the session, so a stopped or isolated dispatcher stops leading."""
    monkeypatch.setattr(leader, "MAX_LEADER_SESSION_IDLE_S", 0.2)
    with pytest.raises(ServiceUnavailable):
        await fall_silent(settings, conn)


async def fall_silent(settings: Settings, conn: Conn) -> None:
    async with leader.open_leader_session(settings.database_url, "test") as silent:
        assert (await maintenance.try_to_lead_dispatchers(silent)).leads
        await eventually(lambda: gone(conn))
        await maintenance.try_to_lead_dispatchers(silent)


async def gone(conn: Conn) -> bool:
    return await leaders(conn) == []


@pytest.mark.long
async def test_a_frozen_postgres_rescues_no_job(own_servers: servers.ServerPair) -> None:
    """A rescue under way at the freeze is not carried out after it."""
    settings = servers.settings_for(own_servers.postgres.url, own_servers.valkey.url, lease_s=3)
    async with run_dispatcher(settings):
        async with open_postgres_pool(settings.database_url, name="test") as pool, pool.acquire() as conn:
            [org] = await scene.tenants(conn)
            await eventually(lambda: leaders(conn))
            claim = await scene.start_job(conn, org)
            owner = (await scene.row(conn, claim.id))["lease_owner"]
            await heartbeat.renew_worker_lease(conn, worker_id=owner, lease_s=3)
        own_servers.postgres.pause()
        over = time.monotonic() + 3.5
        await eventually(lambda: answer(time.monotonic() > over))
        own_servers.postgres.resume()
        async with open_postgres_pool(settings.database_url, name="test") as pool, pool.acquire() as conn:
            await eventually(lambda: leaders(conn))
            assert await heartbeat.renew_worker_lease(conn, worker_id=owner, lease_s=3) != []
            await eventually(lambda: has(conn, claim.id, "state = 'queued'"))
            [row] = await conn.fetch("select ended_at - started_at as lasted from job_attempt")
            assert row["lasted"] > timedelta(seconds=6)


async def test_it_ends_cleanly_on_a_stop(settings: Settings, conn: Conn) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers.dispatcher",
        env=os.environ | servers.environment(settings), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    said = msgspec.json.decode(await process.stderr.readline())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{said['port']}", timeout=PATIENCE_S) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        await eventually(lambda: leaders(conn))
        assert "dispatcher_leads 1.0" in (await client.get("/metrics")).text
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    assert await leaders(conn) == []
