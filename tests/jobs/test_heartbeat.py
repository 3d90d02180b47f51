"""Leases: one a process; a renewal returns its jobs."""

from uuid import UUID

from db.pool import Conn
from jobs import controls, heartbeat, ledger
from jobs.heartbeat import HeldJob
from jobs.outcomes import Interrupted
from schemas import ids
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB


async def get_lease_owner(conn: Conn, claim: ledger.Claim) -> UUID:
    found = (await scene.row(conn, claim.id))["lease_owner"]
    assert isinstance(found, UUID)
    return found


async def get_lease_left_s(conn: Conn, worker_id: UUID) -> float:
    """Return the seconds until the lease runs out."""
    found = await conn.fetchval(
        "select extract(epoch from lease_expires_at - now())::float8 from worker where id = $1", worker_id
    )
    assert isinstance(found, float)
    return found


async def test_a_renewal_extends_the_lease_and_returns_the_jobs(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    worker_id = await get_lease_owner(conn, claim)
    assert await heartbeat.renew_worker_lease(conn, worker_id=worker_id, lease_s=500) == [
        HeldJob(org, claim.id, 1, cancel=False, overdue=False)
    ]
    assert 490 < await get_lease_left_s(conn, worker_id) <= 500


async def test_a_renewal_returns_cancel_requests_and_overdue_jobs(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org, TEST_JOB._replace(timeout_s=0))
    await controls.cancel_open_job(conn, organization_id=org, job_id=claim.id)
    [news] = (
        await heartbeat.renew_worker_lease(conn, worker_id=await get_lease_owner(conn, claim), lease_s=15)
        or []
    )
    assert (news.cancel, news.overdue) == (True, True)


async def test_an_idle_worker_renews_but_not_one_without_a_row(conn: Conn) -> None:
    assert await heartbeat.renew_worker_lease(conn, worker_id=await scene.worker(conn), lease_s=15) == []
    assert await heartbeat.renew_worker_lease(conn, worker_id=ids.new(), lease_s=15) is None


async def test_an_expired_lease_can_be_renewed_before_a_rescue(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    await scene.expire_lease(conn, claim)
    renewed = await heartbeat.renew_worker_lease(
        conn, worker_id=await get_lease_owner(conn, claim), lease_s=15
    )
    assert [row.id for row in renewed or []] == [claim.id]


async def test_ended_jobs_are_not_returned(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org)
    worker_id = await get_lease_owner(conn, claim)
    await scene.settle(conn, [claim], Interrupted())
    assert await heartbeat.renew_worker_lease(conn, worker_id=worker_id, lease_s=15) == []


async def test_a_drain_is_visible(conn: Conn) -> None:
    worker_id = await scene.worker(conn)
    await heartbeat.mark_draining(conn, worker_id=worker_id)
    assert await conn.fetchval("select state from worker where id = $1", worker_id) == "draining"


async def test_a_retired_worker_has_no_row(conn: Conn, org: UUID) -> None:
    worker_id = await scene.worker(conn)
    await heartbeat.delete_worker_row(conn, worker_id=worker_id)
    await scene.submit(conn, org)
    assert await scene.pull(conn, worker_id) == []


async def test_the_first_worker_creates_its_pool(conn: Conn) -> None:
    await scene.worker(conn, TEST_JOB._replace(pool="brand-new"))
    assert await conn.fetchval("select paused from pool where name = 'brand-new'") is False
