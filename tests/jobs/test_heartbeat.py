"""Leases: one a process; a renewal returns its jobs."""

from uuid import UUID

from db.pool import Conn
from jobs import heartbeat, ledger
from jobs.heartbeat import JobHeldByWorker
from jobs.outcomes import Interrupted
from schemas import ids
from tests.jobs import scene
from tests.jobs.scene import TEST_JOB


async def get_lease_owner(conn: Conn, claim: ledger.JobClaim) -> UUID:
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
    """An expired lease too, before a rescue; an ended job is not returned."""
    claim = await scene.start_job(conn, org)
    worker_id = await get_lease_owner(conn, claim)
    [held] = await heartbeat.renew_worker_lease(conn, worker_id=worker_id, lease_s=500) or []
    assert held == JobHeldByWorker(org, claim.id, 1, cancel=False, overdue=False, age_s=held.age_s)
    assert held.age_s >= 0
    assert 490 < await get_lease_left_s(conn, worker_id) <= 500
    await scene.expire_lease(conn, claim)
    [held_again] = await heartbeat.renew_worker_lease(conn, worker_id=worker_id, lease_s=15) or []
    assert held_again[:-1] == held[:-1]
    await scene.settle(conn, [claim], Interrupted())
    assert await heartbeat.renew_worker_lease(conn, worker_id=worker_id, lease_s=15) == []


async def test_a_renewal_returns_cancel_requests_and_overdue_jobs(conn: Conn, org: UUID) -> None:
    claim = await scene.start_job(conn, org, TEST_JOB._replace(timeout_s=0))
    await scene.cancel(conn, org, claim.id)
    [news] = await heartbeat.renew_worker_lease(conn, worker_id=await get_lease_owner(conn, claim), lease_s=15) or []
    assert (news.cancel, news.overdue) == (True, True)


async def test_an_idle_worker_renews_but_not_one_without_a_row(conn: Conn) -> None:
    assert await heartbeat.renew_worker_lease(conn, worker_id=await scene.worker(conn), lease_s=15) == []
    assert await heartbeat.renew_worker_lease(conn, worker_id=ids.new_uuid7(), lease_s=15) is None
