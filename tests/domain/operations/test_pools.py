"""What waits in a pool: exact where it is few, of the dispatcher's last count where it is many."""

from datetime import UTC, datetime, timedelta

import pytest

from db.pool import Conn
from domain.operations import pools
from jobs import maintenance
from schemas.ops import Pool
from tests.jobs import scene
from tests.jobs.scene import FREE_ERRAND

COUNTED = 10


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (maintenance, pools):
        monkeypatch.setattr(module, "COUNTED", COUNTED)


async def shown(conn: Conn) -> Pool:
    found = await pools.list_all(conn, slots=10)
    return next(pool for pool in found if pool.name == FREE_ERRAND.pool)


async def count(conn: Conn, waiting: int) -> None:
    """One whole count of so many jobs that wait."""
    for _ in range(waiting // COUNTED + 1):
        await maintenance.count_due(conn)


@pytest.mark.parametrize("each", [1, 3, 10, 24])
async def test_many_are_counted_in_parts(conn: Conn, each: int) -> None:
    orgs = await scene.tenants(conn, 5)
    await scene.fill(conn, orgs, each, FREE_ERRAND)
    later = datetime.now(UTC) + timedelta(hours=1)
    for org in orgs:
        await scene.submit(conn, org, FREE_ERRAND, run_at=later)
    old = "update job set run_at = now() - interval '1 hour' where organization_id = $1 and stage = 'queued'"
    await conn.execute(old, orgs[-1])
    waiting = each * len(orgs)
    assert (await shown(conn)).queued == min(waiting, COUNTED + 1)
    await count(conn, waiting)
    found = await shown(conn)
    assert found.queued == waiting
    assert found.oldest_due_seconds == pytest.approx(3600, abs=60)
    assert found.desired_workers == -(-waiting // 10)
    stored = await conn.fetchval("select count(*) from pool_count")
    assert stored == (waiting >= COUNTED)


async def test_a_count_follows_what_is_submitted_and_taken(conn: Conn) -> None:
    orgs = await scene.tenants(conn, 3)
    worker_id = await scene.worker(conn, FREE_ERRAND, slots=1000)
    await scene.fill(conn, orgs, 20, FREE_ERRAND)
    await count(conn, 60)
    await scene.fill(conn, orgs, 10, FREE_ERRAND)
    await count(conn, 90)
    assert (await shown(conn)).queued == 90
    assert len(await scene.pull(conn, worker_id, 85, FREE_ERRAND)) == 85
    assert (await shown(conn)).queued == 5
    await count(conn, 5)
    await scene.fill(conn, orgs, 5, FREE_ERRAND)
    await conn.execute("update pool_count set counted_at = now() - interval '1 hour'")
    assert (await shown(conn)).queued == COUNTED + 1
    await count(conn, 20)
    assert (await shown(conn)).queued == 20
