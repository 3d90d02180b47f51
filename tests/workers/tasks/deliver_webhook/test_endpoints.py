"""Endpoints by their receivers' responses: backoff, disabling and recovery."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import permutations, product
from typing import Any

import msgspec
import pytest

from db.pool import Conn
from db.queries import TypedQuery
from domain.webhooks import attempts, delivery_jobs
from domain.webhooks.attempts import FinishedWebhookAttempt
from domain.webhooks.delivery_jobs import (
    FIND_ENDPOINTS_WITH_DUE_DELIVERIES,
    FIND_ENDPOINTS_WITH_LEFTOVER_DELIVERIES,
    FIND_ENDPOINTS_WITH_NEW_DELIVERIES,
    EndpointWithPendingDeliveries,
    WebhookEndpointRoundRobin,
)
from jobs.kinds import DELIVER_WEBHOOK_KIND
from telemetry import metrics
from tests import seeds
from tests.plans import TIMES, reading
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from tests.workers.tasks.deliver_webhook.scene import DeliveryScene
from tests.workers.webhooks.receiver import WebhookReceiver, says
from workers.dispatcher.chores import export_webhook_backlog_age
from workers.tasks import TASK_OPENER_BY_KIND

#: Seconds from a time to the end of a backoff.
REST_S = "select extract(epoch from retry_at - $1)::float8 from webhook_endpoint"
#: Reset all failures, as if the deliveries under way had no result yet.
ANEW = """update webhook_endpoint set consecutive_failures = 0, failing_since = null, retry_at = null;
          update webhook_delivery set status = 'delivering', ended_at = null"""
#: Rows of deliveries and their indexes for one endpoint: far fewer than the queue has.
FEW = 40


async def test_a_failing_endpoint_backs_off_longer_each_time(scene: DeliveryScene, receiver: WebhookReceiver) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    receiver.behave = says(500)
    await scene.emit(times=40)
    for failures, rest_s in enumerate([2, 4, 8, 16, 32, 60, 60, 60], 4):
        before = await scene.pool.fetchval("select now()")
        await scene.attempt()
        after = await scene.pool.fetchval("select now()")
        assert len(receiver.asked) == failures
        assert await scene.pool.fetchval(REST_S, before) >= rest_s >= await scene.pool.fetchval(REST_S, after)
        await scene.pool.execute("update webhook_endpoint set retry_at = null")
    shown = await scene.shown(endpoint_id)
    assert (shown.status, shown.failing_since is None) == ("active", False)
    receiver.behave = says(204)
    await scene.attempt()
    shown = await scene.shown(endpoint_id)
    assert (shown.consecutive_failure_count, shown.failing_since) == (0, None)


async def test_a_retry_after_pauses_all_deliveries_of_an_endpoint(
    scene: DeliveryScene, receiver: WebhookReceiver
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    receiver.behave = says(429, retry_after="600")
    await scene.emit()
    await scene.attempt()
    await scene.emit()
    assert await scene.attempt() == []
    await scene.hours_pass(300 / 3600)
    assert await scene.attempt() == []
    receiver.behave = says(200)
    await scene.hours_pass(400 / 3600)
    await scene.attempt()
    assert await scene.states(endpoint_id) == ["delivered"] * 2


async def test_an_endpoint_in_backoff_is_tried_at_once_at_a_new_address(
    scene: DeliveryScene, receiver: WebhookReceiver, other: WebhookReceiver
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    receiver.behave = says(503, retry_after="600")
    await scene.emit()
    await scene.attempt()
    sent = await scene.emit()
    await scene.patch(endpoint_id, url=other.url)
    await scene.attempt()
    assert other.times == dict.fromkeys(sent, 1)


@pytest.mark.parametrize(("status", "passed_h", "reason"), [(410, 0, "GONE"), (500, 119, None), (500, 121, "FAILING")])
async def test_a_410_and_five_days_of_failure_disable_an_endpoint(
    scene: DeliveryScene,
    receiver: WebhookReceiver,
    other: WebhookReceiver,
    *,
    status: int,
    passed_h: float,
    reason: str | None,
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url, "job.failed")
    await scene.endpoint(other.url, "job.canceled")
    receiver.behave = says(500)
    await scene.emit()
    await scene.attempt()
    receiver.behave = says(status)
    await scene.hours_pass(passed_h)
    await scene.emit(times=3)
    await scene.attempt()
    shown = await scene.shown(endpoint_id)
    assert (shown.status == "disabled", shown.disabled_reason) == (reason is not None, reason)
    await scene.attempt()
    assert len(other.asked) == (1 if reason else 0)
    if reason:
        assert {*await scene.states(endpoint_id)} == {"abandoned"}


async def test_a_410_of_an_old_address_does_not_disable_the_new_one(
    scene: DeliveryScene, receiver: WebhookReceiver, other: WebhookReceiver
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)

    async def moves(*given: Any) -> None:
        await scene.patch(endpoint_id, url=other.url)
        await says(410)(*given)

    receiver.behave = moves
    sent = await scene.emit(times=2)
    await scene.attempt()
    shown = await scene.shown(endpoint_id)
    assert (shown.status, shown.consecutive_failure_count) == ("active", 0)
    assert other.times == dict.fromkeys(sent, 1)
    assert await scene.states(endpoint_id) == ["delivered"] * 2


async def test_failures_of_an_old_address_do_not_count_for_the_new_one(
    scene: DeliveryScene, receiver: WebhookReceiver, other: WebhookReceiver
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)

    async def moves(*given: Any) -> None:
        await scene.patch(endpoint_id, url=other.url)
        await says(503, retry_after="600")(*given)

    receiver.behave = moves
    other.behave = says(500)
    _, sent = await scene.emit(times=2)
    await scene.attempt()
    assert other.times == {sent: 1}
    assert (await scene.shown(endpoint_id)).consecutive_failure_count == 1


@pytest.mark.parametrize("through", ["another address", "a pause"])
async def test_the_five_days_restart(
    scene: DeliveryScene, receiver: WebhookReceiver, other: WebhookReceiver, *, through: str
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    receiver.behave = other.behave = says(500)
    await scene.emit()
    await scene.attempt()
    await scene.patch(endpoint_id, status="paused")
    assert (await scene.shown(endpoint_id)).consecutive_failure_count == 1
    await scene.hours_pass(121)
    changed = {"status": "active"} if through == "a pause" else {"url": other.url, "status": "active"}
    await scene.patch(endpoint_id, **changed)
    shown = await scene.shown(endpoint_id)
    assert (shown.consecutive_failure_count, shown.failing_since) == (0, None)
    await scene.attempt()
    shown = await scene.shown(endpoint_id)
    assert (shown.status, shown.consecutive_failure_count) == ("active", 1)


async def test_the_longest_retry_after_wins_in_any_order(scene: DeliveryScene) -> None:
    await scene.endpoint("https://hooks.example.com/")
    await scene.emit(times=3)
    await scene.look()
    async with scene.pool.acquire() as conn:
        [claim] = await seeds.claims(conn, DELIVER_WEBHOOK_KIND)
        take = partial(
            attempts.take_due_webhook_deliveries, conn, claim=claim, keyring=seeds.VAULT, public_url=seeds.PUBLIC_URL
        )
        taken = await take(limit=3)
        for heard, cut in product(permutations([(200, None), (429, 600.0), (503, 60.0)]), range(4)):
            await conn.execute(ANEW)
            tried = [
                FinishedWebhookAttempt(one.delivery, status, None if status == 200 else "BAD_STATUS", after_s)
                for one, (status, after_s) in zip(taken, heard, strict=True)
            ]
            before = await conn.fetchval("select now()")
            for part in (tried[:cut], tried[cut:]):
                await attempts.settle_webhook_attempts(conn, claim=claim, tried=part, failing=True)
            assert await conn.fetchval(REST_S, before) >= 600, (heard, cut)
            assert await take(limit=1) == []


@asynccontextmanager
async def hanging(receiver: WebhookReceiver) -> AsyncIterator[None]:
    """Let the receiver respond only after the block has ended."""
    over = asyncio.Event()

    async def hangs(*given: asyncio.StreamReader | asyncio.StreamWriter) -> None:
        await over.wait()
        await says(200)(*given)  # type: ignore[arg-type]

    receiver.behave = hangs
    try:
        yield
    finally:
        over.set()


async def test_hanging_receivers_delay_no_other(
    scene: DeliveryScene, receiver: WebhookReceiver, other: WebhookReceiver
) -> None:
    hangers = [(await scene.endpoint(receiver.url, "job.failed"))[0] for _ in range(5)]
    await scene.emit("job.failed", times=6)
    openers = {DELIVER_WEBHOOK_KIND: TASK_OPENER_BY_KIND[DELIVER_WEBHOOK_KIND]}
    async with at_work(msgspec.structs.replace(scene.settings, slots=2), scene.pool, openers), hanging(receiver):
        await scene.look()

        async def one_hangs() -> bool:
            return bool(receiver.asked)

        await eventually(one_hangs)
        await scene.endpoint(other.url, "job.canceled")
        sent = await scene.emit("job.canceled")
        await scene.look()

        async def it_came() -> bool:
            return other.times == dict.fromkeys(sent, 1)

        await eventually(it_came)
        assert "delivered" not in [state for one in hangers for state in await scene.states(one)]


@pytest.mark.fresh
@pytest.mark.parametrize(
    "query",
    [FIND_ENDPOINTS_WITH_NEW_DELIVERIES, FIND_ENDPOINTS_WITH_DUE_DELIVERIES, FIND_ENDPOINTS_WITH_LEFTOVER_DELIVERIES],
)
async def test_a_scan_reads_few_rows_of_a_long_queue(
    scene: DeliveryScene, query: TypedQuery[EndpointWithPendingDeliveries]
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
            await WebhookEndpointRoundRobin(query).submit_jobs_of_next_endpoints(conn)
        async with reading(conn, "webhook_delivery") as read:
            await WebhookEndpointRoundRobin(query).submit_jobs_of_next_endpoints(conn)
    assert (read.scans, read.rows < FEW) == (0, True)


@pytest.mark.fresh
async def test_each_endpoint_gets_its_turn_and_one_job(scene: DeliveryScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_jobs, "WEBHOOK_ENDPOINTS_PER_SEARCH_BATCH", 2)
    made = {(await scene.endpoint("https://hooks.example.com/"))[0] for _ in range(5)}
    await scene.emit(times=3)
    look = WebhookEndpointRoundRobin(FIND_ENDPOINTS_WITH_NEW_DELIVERIES)
    async with scene.pool.acquire() as conn:
        looks = [await look.submit_jobs_of_next_endpoints(conn) for _ in range(6)]
    assert [looked_at for looked_at, _ in looks] == [2, 2, 1] * 2
    jobs = await scene.pool.fetch("select args->>'endpoint_id' as endpoint_id from job")
    assert sorted(row["endpoint_id"] for row in jobs) == sorted(map(str, made))
    # One line of one organization: only its first job needs a wake.
    assert sum(len(wakes) for _, wakes in looks) == 1


@pytest.mark.fresh
async def test_the_age_of_the_backlog_is_that_of_the_longest_due(scene: DeliveryScene) -> None:
    due, _ = await scene.endpoint("https://hooks.example.com/due")
    rests, _ = await scene.endpoint("https://hooks.example.com/rests")
    paused, _ = await scene.endpoint("https://hooks.example.com/paused")
    await scene.pool.execute("update webhook_endpoint set retry_at = now() + interval '1 hour' where id = $1", rests)
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
    await export_webhook_backlog_age(conn)
    return float(metrics.WEBHOOK_BACKLOG_AGE_SECONDS_GAUGE._value.get())
