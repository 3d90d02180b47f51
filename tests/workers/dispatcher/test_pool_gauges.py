"""The alerting gauges show the ledger's numbers, and only its leader exports them."""

from uuid import UUID

from prometheus_client import REGISTRY

from db.pool import Conn
from tests.jobs import scene
from workers.dispatcher.pool_gauges import GAUGES, clear_gauges_after, export_pools

POOL = {"pool": scene.TEST_JOB.pool}


def shown() -> dict[str, float | None]:
    return {name: REGISTRY.get_sample_value(name, POOL) for name in (gauge._name for gauge in GAUGES)}


async def test_pool_gauges_match_the_ledger_while_leading(conn: Conn, org: UUID) -> None:
    await scene.worker(conn, slots=7)
    await scene.insert_due_jobs(conn, [org], 3)
    await conn.execute("update pool set paused = true")
    await conn.execute("update job set run_at = now() - interval '1 hour'")
    with clear_gauges_after():
        await export_pools(slots=10).run(conn)
        found = shown()
        assert (found.pop("pool_oldest_due_seconds") or 0) >= 3600
        assert found == {
            "pool_queued": 3,
            "pool_running": 0,
            "pool_capacity": 7,
            "pool_desired_workers": 0,
            "pool_paused": 1,
        }
    assert set(shown().values()) == {None}
