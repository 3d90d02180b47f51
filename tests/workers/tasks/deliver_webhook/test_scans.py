"""Scans for endpoints with due deliveries: each gets a job, and a long queue costs no extra reads."""

import pytest

from db.pool import Conn
from db.queries import TypedQuery
from domain.webhooks import delivery_jobs
from domain.webhooks.delivery_jobs import FIND_DUE, FIND_LEFT, FIND_NEW, EndpointSearch, VisitedEndpoint
from telemetry import metrics
from tests.plans import TIMES, reading
from tests.workers.tasks.deliver_webhook.scene import DeliveryScene
from workers.dispatcher.webhooks import export_backlog_age

pytestmark = pytest.mark.fresh

#: Rows of deliveries and their indexes for one endpoint: far fewer than the queue has.
FEW = 40


@pytest.mark.parametrize("query", [FIND_NEW, FIND_DUE, FIND_LEFT])
async def test_a_scan_reads_few_rows_of_a_long_queue(
    scene: DeliveryScene, query: TypedQuery[VisitedEndpoint]
) -> None:
    await scene.endpoint("https://hooks.example.com/")
    await scene.emit()
    await scene.pool.execute(
        """insert into webhook_delivery (organization_id, endpoint_id, event_id, id, type, status, ended_at)
           select d.organization_id, d.endpoint_id, d.event_id, new_uuid(), d.type,
                  case when n % 2 = 0 then 'pending' else 'delivered' end, case when n % 2 = 1 then now() end
             from webhook_delivery d, generate_series(1, 4000) n"""
    )
    async with scene.pool.acquire() as conn:
        await conn.execute("vacuum analyze webhook_delivery")
        for _ in range(TIMES):
            await EndpointSearch(query).submit(conn)
        async with reading(conn, "webhook_delivery") as read:
            await EndpointSearch(query).submit(conn)
    assert (read.scans, read.rows < FEW) == (0, True)


async def test_each_endpoint_gets_its_turn_and_one_job(
    scene: DeliveryScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_jobs, "BATCH", 2)
    made = {(await scene.endpoint("https://hooks.example.com/"))[0] for _ in range(5)}
    await scene.emit(times=3)
    look = EndpointSearch(FIND_NEW)
    async with scene.pool.acquire() as conn:
        looks = [await look.submit(conn) for _ in range(6)]
    assert [looked_at for looked_at, _ in looks] == [2, 2, 1] * 2
    jobs = await scene.pool.fetch("select args->>'endpoint_id' as endpoint_id from job")
    assert sorted(row["endpoint_id"] for row in jobs) == sorted(map(str, made))
    # One line of one organization: only its first job needs a wake.
    assert sum(len(wakes) for _, wakes in looks) == 1


async def test_the_age_of_the_backlog_is_that_of_the_longest_due(scene: DeliveryScene) -> None:
    due, _ = await scene.endpoint("https://hooks.example.com/due")
    rests, _ = await scene.endpoint("https://hooks.example.com/rests")
    paused, _ = await scene.endpoint("https://hooks.example.com/paused")
    await scene.pool.execute(
        "update webhook_endpoint set retry_at = now() + interval '1 hour' where id = $1", rests
    )
    await scene.patch(paused, status="paused")
    async with scene.pool.acquire() as conn:
        assert await age_s(conn) == 0
        await scene.emit(times=2)
        for minutes, endpoint_id in ((10, due), (20, rests), (30, paused)):
            await conn.execute(
                f"""update webhook_delivery set next_at = now() - interval '{minutes} minutes'
                     where id = (select id from webhook_delivery where endpoint_id = $1 limit 1)""",
                endpoint_id,
            )
        assert 600 <= await age_s(conn) < 1200


async def age_s(conn: Conn) -> float:
    await export_backlog_age(conn)
    return float(metrics.WEBHOOK_BACKLOG_AGE._value.get())
