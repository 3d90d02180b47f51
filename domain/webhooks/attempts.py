"""Delivery attempts: takes due deliveries of an endpoint, and settles each answer.

Each function is part of a step of the endpoint's one job, which fences it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from db.pool import Conn
from db.queries import webhook_sending
from domain.security.keyring import Keyring
from domain.webhooks import events, secrets
from domain.webhooks.delivery_jobs import webhook_endpoint_id_of_claim
from domain.webhooks.retries import webhook_delivery_retry_wait_s
from jobs.ledger import JobClaim
from schemas import ids
from schemas.webhooks import WebhookDisabledReason
from telemetry import logs

#: Longest pause in seconds that a receiver can request.
MAX_PAUSE_REQUESTED_BY_RECEIVER_S = 3600.0
#: After more failures in a row an endpoint gets a backoff of two seconds, doubled after each failure.
MAX_ENDPOINT_FAILURES_WITHOUT_BACKOFF, MAX_ENDPOINT_BACKOFF_S = 3, 60.0
#: Period of failures only after which an endpoint is disabled.
MAX_WEBHOOK_ENDPOINT_FAILING_TIME = timedelta(days=5)
#: Deliveries of a deleted endpoint that one transaction ends.
WEBHOOK_DELIVERIES_ABANDONED_PER_BATCH = 1000

#: Code of an attempt that failed by our own fault.
INTERNAL_WEBHOOK_FAILURE_CODE = "INTERNAL"

#: Status of a delivery after an attempt.
NextDeliveryStatus: TypeAlias = Literal["delivered", "pending", "failed", "abandoned"]


class WebhookEndpointStateRow(NamedTuple):
    """Endpoint at the start of a step. `rests`: it requested a pause, or is in backoff.

    `failing`: its last attempt failed.
    """

    status: str
    deleted: bool
    rests: bool
    failing: bool

    @property
    def is_disabled_or_deleted(self) -> bool:
        """Return whether the webhook endpoint gets no deliveries any more, as it is disabled or deleted."""
        return self.deleted or self.status == "disabled"

    @property
    def accepts_deliveries(self) -> bool:
        return self.status == "active" and not self.deleted and not self.rests


class TakenWebhookDelivery(NamedTuple):
    """Taken delivery: `tries` includes this attempt."""

    id: UUID
    event_id: UUID
    tries: int
    body: bytes | None
    url: str


class OutgoingWebhookDelivery(NamedTuple):
    """Delivery attempt to make: its body (None: not renderable), and the keys that sign it."""

    delivery: TakenWebhookDelivery
    body: bytes | None
    keys: Sequence[bytes]


class FinishedWebhookAttempt(NamedTuple):
    """Finished attempt: the answer's `status`, and the `code` of its failure."""

    delivery: TakenWebhookDelivery
    status: int | None
    code: str | None
    after_s: float | None

    @property
    def is_receiver_failure(self) -> bool:
        """Return whether the delivery attempt failed by a fault of the receiver, not by our own."""
        return self.code not in {None, INTERNAL_WEBHOOK_FAILURE_CODE}

    @property
    def is_endpoint_gone(self) -> bool:
        return self.status == 410


READ_ENDPOINT_STATE = webhook_sending.open_endpoint.typed(WebhookEndpointStateRow)
TAKE_DUE_WEBHOOK_DELIVERIES = webhook_sending.take_deliveries.typed(TakenWebhookDelivery)

_log = logs.get_logger("webhooks")

DELETED_ENDPOINT_STATE = WebhookEndpointStateRow("disabled", deleted=True, rests=False, failing=False)


async def read_endpoint_state(conn: Conn, *, claim: JobClaim) -> WebhookEndpointStateRow:
    return await READ_ENDPOINT_STATE.one(conn, **_webhook_endpoint_sql_parameters(claim)) or DELETED_ENDPOINT_STATE


async def requeue_unsettled_webhook_deliveries(conn: Conn, *, claim: JobClaim) -> None:
    """Put webhook deliveries that an earlier attempt left unsettled back in the queue; a receiver may get one twice."""
    await webhook_sending.requeue.run(conn, **_webhook_endpoint_sql_parameters(claim))


async def take_due_webhook_deliveries(
    conn: Conn, *, claim: JobClaim, limit: int, keyring: Keyring, public_url: str
) -> list[OutgoingWebhookDelivery]:
    """Take at most `limit` due webhook deliveries of the job's endpoint; none while it accepts none.

    Each has its body, or None if that can't be rendered, and the keys that sign it.
    """
    deliveries = await TAKE_DUE_WEBHOOK_DELIVERIES.all(conn, **_webhook_endpoint_sql_parameters(claim), limit=limit)
    if not deliveries:
        return []
    org, endpoint_id = claim.organization_id, webhook_endpoint_id_of_claim(claim)
    keys = await secrets.unseal_webhook_keys(conn, organization_id=org, endpoint_id=endpoint_id, keyring=keyring)
    bodies = await _render_delivery_bodies(conn, org, deliveries, public_url)
    return [OutgoingWebhookDelivery(delivery, bodies.get(delivery.event_id), keys) for delivery in deliveries]


async def _render_delivery_bodies(
    conn: Conn, org: UUID, deliveries: Sequence[TakenWebhookDelivery], public_url: str
) -> Mapping[UUID, bytes]:
    """Return the bodies of these webhook deliveries by event id.

    A body that can't be rendered is logged and left out. Such an event blocks no other, and is tried again later.
    """
    stored = {delivery.event_id: delivery.body for delivery in deliveries if delivery.body is not None}
    new = [delivery.event_id for delivery in deliveries if delivery.body is None]
    if not new:
        return stored
    rendered = await events.build_and_store_webhook_event_bodies(
        conn, organization_id=org, event_ids=new, public_url=public_url
    )
    for event_id, error in rendered.items():
        if isinstance(error, Exception):
            shown_id = ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, event_id)
            _log.error("event not rendered", event_id=shown_id, exc_info=error)
    return stored | {event_id: body for event_id, body in rendered.items() if isinstance(body, bytes)}


async def settle_webhook_attempts(
    conn: Conn, *, claim: JobClaim, tried: Sequence[FinishedWebhookAttempt], failing: bool
) -> list[NextDeliveryStatus]:
    """Store the results of webhook delivery attempts; return each delivery's new status, in order.

    Updates the endpoint's failures, pause and status. `failing`: its last attempt may have failed; a success resets it.
    """
    urls = sorted({attempt.delivery.url for attempt in tried})
    by_url = {url: [attempt for attempt in tried if attempt.delivery.url == url] for url in urls}
    # Lock order: the endpoint first, as in a replay of a delivery.
    gone_urls = [url for url in urls if await _update_endpoint_health(conn, claim, url, by_url[url], failing=failing)]
    after = [_webhook_delivery_status_and_wait(attempt, gone=attempt.delivery.url in gone_urls) for attempt in tried]
    await webhook_sending.settle_deliveries.run(
        conn,
        org=claim.organization_id,
        ids=[attempt.delivery.id for attempt in tried],
        statuses=[becomes for becomes, _ in after],
        http_statuses=[attempt.status for attempt in tried],
        error_codes=[attempt.code for attempt in tried],
        afters_s=[wait for _, wait in after],
    )
    return [becomes for becomes, _ in after]


def _webhook_delivery_status_and_wait(tried: FinishedWebhookAttempt, *, gone: bool) -> tuple[NextDeliveryStatus, float]:
    """Return a webhook delivery's status after an attempt, and the seconds until the next attempt.

    The seconds are 0 if none follows, or if the address is gone and the endpoint has another one by now.
    """
    if tried.code is None:
        return "delivered", 0.0
    if tried.is_endpoint_gone:
        return "abandoned" if gone else "pending", 0.0
    wait = webhook_delivery_retry_wait_s(tried.delivery.tries, asked_s=tried.after_s)
    return ("failed", 0.0) if wait is None else ("pending", wait)


async def _update_endpoint_health(
    conn: Conn, claim: JobClaim, url: str, tried: Sequence[FinishedWebhookAttempt], *, failing: bool
) -> bool:
    """Count a webhook endpoint's consecutive failures, and disable it if it keeps failing or answers 410.

    Returns whether it was disabled for a 410. Does nothing if the endpoint has another address than `url` by now.
    """
    failed = [attempt for attempt in tried if attempt.is_receiver_failure]
    at = _webhook_endpoint_sql_parameters(claim) | {"url": url}
    is_gone = any(attempt.is_endpoint_gone for attempt in failed) and await _disable_endpoint(conn, at, "GONE")
    if any(attempt.code is None for attempt in tried):
        if failing:
            await webhook_sending.note_success.run(conn, **at)
    elif failed:
        late = await webhook_sending.note_failures.value(
            conn,
            **at,
            failures=len(failed),
            patient_tries=MAX_ENDPOINT_FAILURES_WITHOUT_BACKOFF,
            most_rest_s=MAX_ENDPOINT_BACKOFF_S,
            patience=MAX_WEBHOOK_ENDPOINT_FAILING_TIME,
        )
        if late:
            await _disable_endpoint(conn, at, "FAILING")
    if asked_s := _requested_endpoint_pause_s(failed):
        await webhook_sending.note_pause.run(conn, **at, asked_s=asked_s)
    return is_gone


def _requested_endpoint_pause_s(failed: Sequence[FinishedWebhookAttempt]) -> float | None:
    """Return a webhook endpoint's requested pause in seconds, up to a maximum; None without one."""
    pauses = [attempt.after_s for attempt in failed if attempt.after_s and attempt.status in {429, 503}]
    return min(max(pauses), MAX_PAUSE_REQUESTED_BY_RECEIVER_S) if pauses else None


async def _disable_endpoint(conn: Conn, at: Mapping[str, Any], reason: WebhookDisabledReason) -> bool:
    """Disable a webhook endpoint and return True. The organization's other endpoints get an event of it.

    Returns False if there is nothing to disable: it has another address by now, or is disabled or deleted.
    """
    return await webhook_sending.disable_endpoint.run(conn, **at, reason=reason) > 0


async def abandon_deliveries(conn: Conn, *, claim: JobClaim) -> bool:
    """End a batch of open webhook deliveries of a disabled or deleted endpoint; return whether more may remain."""
    ended: int = await webhook_sending.abandon_deliveries.value(
        conn, **_webhook_endpoint_sql_parameters(claim), limit=WEBHOOK_DELIVERIES_ABANDONED_PER_BATCH
    )
    return ended == WEBHOOK_DELIVERIES_ABANDONED_PER_BATCH


def _webhook_endpoint_sql_parameters(claim: JobClaim) -> dict[str, Any]:
    return {"org": claim.organization_id, "endpoint_id": webhook_endpoint_id_of_claim(claim)}
