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
from domain.webhooks.delivery_jobs import endpoint_of
from domain.webhooks.retries import wait_s
from jobs.ledger import Claim
from schemas import ids
from schemas.webhooks import DisabledReason
from telemetry import logs

#: Longest pause in seconds that a receiver can request.
MAX_REQUESTED_PAUSE_S = 3600.0
#: After more failures in a row an endpoint gets a backoff of two seconds, doubled after each failure.
FAILURES_WITHOUT_BACKOFF, MAX_BACKOFF_S = 3, 60.0
#: Period of failures only after which an endpoint is disabled.
MAX_FAILING_TIME = timedelta(days=5)
#: Deliveries of a deleted endpoint that one transaction ends.
BATCH = 1000

#: Code of an attempt that failed by our own fault.
OWN_FAULT = "INTERNAL"

#: Status of a delivery after an attempt.
NextDeliveryStatus: TypeAlias = Literal["delivered", "pending", "failed", "abandoned"]


class Endpoint(NamedTuple):
    """Endpoint at the start of a step. `rests`: it requested a pause, or is in backoff.

    `failing`: its last attempt failed.
    """

    status: str
    deleted: bool
    rests: bool
    failing: bool

    @property
    def is_over(self) -> bool:
        """Return whether the endpoint gets no deliveries any more."""
        return self.deleted or self.status == "disabled"

    @property
    def takes(self) -> bool:
        return self.status == "active" and not self.deleted and not self.rests


class TakenDelivery(NamedTuple):
    """Taken delivery: `tries` includes this attempt."""

    id: UUID
    event_id: UUID
    tries: int
    body: bytes | None
    url: str


class Outgoing(NamedTuple):
    """Attempt to make: its body (None: not renderable), and the keys that sign it."""

    delivery: TakenDelivery
    body: bytes | None
    keys: Sequence[bytes]


class FinishedAttempt(NamedTuple):
    """Finished attempt: the answer's `status`, and the `code` of its failure."""

    delivery: TakenDelivery
    status: int | None
    code: str | None
    after_s: float | None

    @property
    def failed(self) -> bool:
        """Return whether the receiver caused the failure."""
        return self.code not in {None, OWN_FAULT}

    @property
    def is_gone(self) -> bool:
        return self.status == 410


ENDPOINT_STATE = webhook_sending.open_endpoint.typed(Endpoint)
TAKE_DELIVERIES = webhook_sending.take_deliveries.typed(TakenDelivery)

_log = logs.get_logger("webhooks")

DELETED_ENDPOINT = Endpoint("disabled", deleted=True, rests=False, failing=False)


async def open_endpoint(conn: Conn, *, claim: Claim) -> Endpoint:
    return await ENDPOINT_STATE.one(conn, **_scope(claim)) or DELETED_ENDPOINT


async def put_back(conn: Conn, *, claim: Claim) -> None:
    """Return unsettled deliveries of an earlier attempt of the job to the queue: they are sent again."""
    await webhook_sending.requeue.run(conn, **_scope(claim))


async def take_due_deliveries(
    conn: Conn, *, claim: Claim, limit: int, keyring: Keyring, public_url: str
) -> list[Outgoing]:
    """Take up to `limit` due deliveries; none while the endpoint accepts none."""
    deliveries = await TAKE_DELIVERIES.all(conn, **_scope(claim), limit=limit)
    if not deliveries:
        return []
    org, endpoint_id = claim.organization_id, endpoint_of(claim)
    keys = await secrets.list_signing_keys(
        conn, organization_id=org, endpoint_id=endpoint_id, keyring=keyring
    )
    bodies = await _bodies(conn, org, deliveries, public_url)
    return [Outgoing(delivery, bodies.get(delivery.event_id), keys) for delivery in deliveries]


async def _bodies(
    conn: Conn, org: UUID, deliveries: Sequence[TakenDelivery], public_url: str
) -> Mapping[UUID, bytes]:
    """Return the bodies by event. One that can't be rendered blocks no other: it is tried again later."""
    stored = {delivery.event_id: delivery.body for delivery in deliveries if delivery.body is not None}
    new = [delivery.event_id for delivery in deliveries if delivery.body is None]
    if not new:
        return stored
    rendered = await events.bodies(conn, organization_id=org, event_ids=new, public_url=public_url)
    for event_id, error in rendered.items():
        if isinstance(error, Exception):
            shown_id = ids.show(ids.WEBHOOK_EVENT, event_id)
            _log.error("event not rendered", event_id=shown_id, exc_info=error)
    return stored | {event_id: body for event_id, body in rendered.items() if isinstance(body, bytes)}


async def settle_attempts(
    conn: Conn, *, claim: Claim, tried: Sequence[FinishedAttempt], failing: bool
) -> list[NextDeliveryStatus]:
    """Settle attempts and update their endpoint; return each delivery's new status.

    `failing`: its last attempt may have failed, which a success resets.
    """
    urls = sorted({attempt.delivery.url for attempt in tried})
    by_url = {url: [attempt for attempt in tried if attempt.delivery.url == url] for url in urls}
    # Lock order: the endpoint first, as in a replay of a delivery.
    gone_urls = [url for url in urls if await _note(conn, claim, url, by_url[url], failing=failing)]
    after = [_after(attempt, gone=attempt.delivery.url in gone_urls) for attempt in tried]
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


def _after(tried: FinishedAttempt, *, gone: bool) -> tuple[NextDeliveryStatus, float]:
    """Return the delivery's new status, and the seconds until its next attempt.

    That is 0 if the address is gone and the endpoint has another one by now.
    """
    if tried.code is None:
        return "delivered", 0.0
    if tried.is_gone:
        return "abandoned" if gone else "pending", 0.0
    wait = wait_s(tried.delivery.tries, asked_s=tried.after_s)
    return ("failed", 0.0) if wait is None else ("pending", wait)


async def _note(
    conn: Conn, claim: Claim, url: str, tried: Sequence[FinishedAttempt], *, failing: bool
) -> bool:
    """Count failures in a row at an address and disable a failing endpoint; return whether it is gone.

    Does nothing if the endpoint has another address by now.
    """
    failed = [attempt for attempt in tried if attempt.failed]
    at = _scope(claim) | {"url": url}
    is_gone = any(attempt.is_gone for attempt in failed) and await _disable(conn, at, "GONE")
    if any(attempt.code is None for attempt in tried):
        if failing:
            await webhook_sending.note_success.run(conn, **at)
    elif failed:
        late = await webhook_sending.note_failures.value(
            conn,
            **at,
            failures=len(failed),
            patient_tries=FAILURES_WITHOUT_BACKOFF,
            most_rest_s=MAX_BACKOFF_S,
            patience=MAX_FAILING_TIME,
        )
        if late:
            await _disable(conn, at, "FAILING")
    if asked_s := _asked_s(failed):
        await webhook_sending.note_pause.run(conn, **at, asked_s=asked_s)
    return is_gone


def _asked_s(failed: Sequence[FinishedAttempt]) -> float | None:
    """Return the seconds of the pause that the endpoint requested for all of its deliveries."""
    pauses = [attempt.after_s for attempt in failed if attempt.after_s and attempt.status in {429, 503}]
    return min(max(pauses), MAX_REQUESTED_PAUSE_S) if pauses else None


async def _disable(conn: Conn, at: Mapping[str, Any], reason: DisabledReason) -> bool:
    """Disable the endpoint. The organization's other endpoints get an event, as of each change.

    Returns False if there is nothing to disable: it has another address by now, or is deleted.
    """
    return await webhook_sending.disable_endpoint.run(conn, **at, reason=reason) > 0


async def abandon(conn: Conn, *, claim: Claim) -> bool:
    """End a batch of pending deliveries of a disabled or deleted endpoint; return whether more may remain."""
    ended: int = await webhook_sending.abandon_deliveries.value(conn, **_scope(claim), limit=BATCH)
    return ended == BATCH


def _scope(claim: Claim) -> dict[str, Any]:
    return {"org": claim.organization_id, "endpoint_id": endpoint_of(claim)}
