"""Deliveries to receivers of every kind."""

import asyncio
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from db.pool import Conn
from domain.webhooks import events, retries, secrets
from schemas import ids
from tests import seeds
from tests.statements import counted
from tests.workers.tasks.deliver_webhook.scene import DeliveryScene
from tests.workers.webhooks.receiver import WebhookReceiver, receiving, says
from workers.tasks import deliver_webhook
from workers.webhooks.sending import WebhookResult, send_webhook


async def test_an_event_is_delivered_once_with_a_valid_signature(
    scene: DeliveryScene, receiver: WebhookReceiver
) -> None:
    """During a rotation of the secret with both signatures."""
    endpoint_id, old = await scene.endpoint(receiver.url)
    async with scene.pool.acquire() as conn:
        where = {"organization_id": scene.org, "endpoint_id": endpoint_id}
        new = await secrets.rotate_signing_secret(conn, **where, keyring=seeds.VAULT)
    sent = await scene.emit(times=3)
    assert await scene.attempt() == ["completed"]
    assert receiver.times == dict.fromkeys(sent, 1)
    for asked in receiver.asked:
        for secret in (old, new):
            assert Webhook(secret).verify(asked.body, asked.headers)["id"] == asked.headers["webhook-id"]
    assert await scene.states(endpoint_id) == ["delivered"] * 3
    assert await scene.attempt() == []


async def test_a_failing_delivery_has_ten_attempts_with_one_id(scene: DeliveryScene, receiver: WebhookReceiver) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    receiver.behave = says(500)
    sent = await scene.emit()
    for tries, wait in enumerate(retries.WEBHOOK_RETRY_WAITS_S, 1):
        assert await scene.attempt() == ["completed"]
        [row] = await scene.rows(endpoint_id)
        assert (row["status"], row["attempts"], row["http_status"]) == ("pending", tries, 500)
        assert row["error_code"] == "BAD_STATUS"
        assert 0.9 * wait <= row["wait_s"] <= 1.1 * wait + 60
        assert await scene.attempt() == []
        # Too short for its endpoint's five days of failures.
        await scene.pool.execute("update webhook_delivery set next_at = now()")
        await scene.pool.execute("update webhook_endpoint set retry_at = null")
    await scene.attempt()
    assert await scene.states(endpoint_id) == ["failed"]
    assert receiver.times == {sent[0]: 10}
    assert (await scene.shown(endpoint_id)).consecutive_failure_count == 10


async def test_deliveries_of_a_paused_endpoint_continue_when_it_is_resumed(
    scene: DeliveryScene, receiver: WebhookReceiver
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    await scene.patch(endpoint_id, status="paused")
    sent = await scene.emit(times=2)
    assert await scene.attempt() == []
    await scene.patch(endpoint_id, status="active")
    await scene.attempt()
    assert receiver.times == dict.fromkeys(sent, 1)


async def test_a_deleted_endpoint_gets_nothing_and_its_deliveries_are_abandoned(
    scene: DeliveryScene, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.webhooks.attempts.WEBHOOK_DELIVERIES_ABANDONED_PER_BATCH", 2)
    endpoint_id, _ = await scene.endpoint(receiver.url)
    await scene.patch(endpoint_id, status="paused")
    await scene.emit(times=5)
    # One has had an attempt, and waits for the next.
    await scene.pool.execute(
        """update webhook_delivery set attempts = 1, next_at = now() + interval '1 day'
            where id = (select id from webhook_delivery limit 1)"""
    )
    await scene.delete(endpoint_id)
    assert await scene.states(endpoint_id) == ["pending"] * 5
    assert await scene.attempt() == ["completed"]
    assert receiver.asked == []
    assert await scene.states(endpoint_id) == ["abandoned"] * 5


async def test_at_most_four_deliveries_run_after_the_first_success(
    scene: DeliveryScene, receiver: WebhookReceiver
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    under_way = list[int]()
    here, full = 0, asyncio.Event()

    async def counts(*given: Any) -> None:
        nonlocal here
        here += 1
        under_way.append(here)
        if here == 4:
            full.set()
        if len(under_way) > 1:
            await full.wait()
        await says(200)(*given)
        here -= 1

    receiver.behave = counts
    sent = await scene.emit(times=9)
    await scene.attempt()
    assert receiver.times == dict.fromkeys(sent, 1)
    assert (under_way[:2], max(under_way)) == ([1, 1], 4)
    assert await scene.states(endpoint_id) == ["delivered"] * 9


async def test_simultaneous_responses_cost_one_transaction(
    scene: DeliveryScene, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine deliveries are an attempt's first, and twice four."""
    monkeypatch.setattr(deliver_webhook, "WEBHOOK_RESULT_BATCH_WINDOW_S", 600.0)
    await scene.endpoint(receiver.url)
    sent = await scene.emit(times=9)
    with counted() as seen:
        await scene.attempt()
    assert receiver.times == dict.fromkeys(sent, 1)
    once_each = ("settle_deliveries", "lock_events", "hold_clock", "keep_bodies", "list_secrets")
    assert {name: seen[name] for name in once_each} == dict.fromkeys(once_each, 3)
    # A successful attempt leaves nothing to take back.
    assert (seen["take_deliveries"], seen["note_success"]) == (4, 0)


async def test_a_failing_endpoint_gets_one_delivery_at_a_time(scene: DeliveryScene, receiver: WebhookReceiver) -> None:
    await scene.endpoint(receiver.url)
    under_way, here = list[int](), 0

    async def counts(*given: Any) -> None:
        nonlocal here
        here += 1
        under_way.append(here)
        await asyncio.sleep(0)
        await says(500)(*given)
        here -= 1

    receiver.behave = counts
    await scene.emit(times=4)
    await scene.attempt()
    assert under_way == [1] * 4


async def test_an_attempt_that_lost_its_job_writes_nothing(scene: DeliveryScene, receiver: WebhookReceiver) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)

    async def takes_it_away(*given: Any) -> None:
        await scene.pool.execute("update job set fence = fence + 1 where kind = 'deliver_webhook'")
        await says(200)(*given)

    receiver.behave = takes_it_away
    await scene.emit()
    assert await scene.attempt() == ["lost"]
    assert await scene.states(endpoint_id) == ["delivering"]


async def test_leftovers_of_a_dead_attempt_are_sent_again_with_their_id(
    scene: DeliveryScene, receiver: WebhookReceiver
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    sent = await scene.emit()
    await scene.pool.execute("update webhook_delivery set status = 'delivering', attempts = 1")
    await scene.attempt()
    assert receiver.times == dict.fromkeys(sent, 1)
    assert await scene.states(endpoint_id) == ["delivered"]


async def test_an_address_that_became_private_gets_no_request(
    scene: DeliveryScene, receiver: WebhookReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    async with receiving(says(200)) as inside:
        url = f"{inside.url}?token=hush"
        await scene.pool.execute("update webhook_endpoint set url = $1", url)
        await scene.emit()
        await scene.attempt()
        assert inside.asked == []
    [row] = await scene.rows(endpoint_id)
    assert (row["status"], row["error_code"]) == ("pending", "ADDRESS_REFUSED")
    assert "delivery failed" in (said := capsys.readouterr().out)
    assert [word for word in ("hush", inside.host) if word in said] == []


@pytest.mark.parametrize("error", [ValueError, OverflowError])
async def test_an_unserializable_event_blocks_no_other(
    scene: DeliveryScene, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    bad, good = await scene.emit(times=2)
    render = events._build_webhook_event_body

    async def some(conn: Conn, row: Any, *given: Any) -> bytes:
        if ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, row.id) == bad:
            raise error
        return await render(conn, row, *given)

    monkeypatch.setattr(events, "_build_webhook_event_body", some)
    await scene.attempt()
    assert receiver.times == {good: 1}
    rows = await scene.rows(endpoint_id)
    assert [(row["status"], row["error_code"]) for row in rows] == [("pending", "INTERNAL"), ("delivered", None)]
    assert (await scene.shown(endpoint_id)).consecutive_failure_count == 0


async def test_an_internal_error_counts_as_an_attempt_and_repeats_no_other(
    scene: DeliveryScene, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint_id, _ = await scene.endpoint(receiver.url)
    good, bad, *rest = await scene.emit(times=4)

    async def fails(client: httpx.AsyncClient, url: str, *, headers: dict[str, str], body: bytes) -> WebhookResult:
        if headers["webhook-id"] == bad:
            raise OverflowError(url)
        return await send_webhook(client, url, headers=headers, body=body)

    monkeypatch.setattr(deliver_webhook, "send_webhook", fails)
    assert await scene.attempt() == ["completed"]
    assert receiver.times == dict.fromkeys([good, *rest], 1)
    rows = await scene.rows(endpoint_id)
    assert [row["status"] for row in rows] == ["delivered", "pending", "delivered", "delivered"]
    assert (rows[1]["attempts"], rows[1]["error_code"]) == (1, "INTERNAL")
    assert "OverflowError" in (said := capsys.readouterr().out)
    assert receiver.host not in said
