"""Tries of deliveries: what is taken to be sent to an endpoint, and what follows from each answer.

Every verb is part of a step of the endpoint's one job, which fences it.
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

#: Seconds that a receiver is left alone, at most, where it asks for that.
MOST_ASKED_S = 3600.0
#: After more failures in a row an endpoint rests for two seconds, and twice as long after each.
PATIENT_TRIES, MOST_REST_S = 3, 60.0
#: How long an endpoint may do nothing but fail.
PATIENCE = timedelta(days=5)
#: Deliveries of an endpoint that is no more which one transaction ends.
BATCH = 1000

#: The code of a try that was none, by our own fault.
OURS = "INTERNAL"

#: A delivery's status after a try.
Next: TypeAlias = Literal["delivered", "pending", "failed", "abandoned"]


class Endpoint(NamedTuple):
    """An endpoint as a step finds it. `rests`: it asked for that, or has failed too often.

    `failing`: its last try was no success.
    """

    status: str
    deleted: bool
    rests: bool
    failing: bool

    @property
    def is_over(self) -> bool:
        """True if nothing is sent to it any more."""
        return self.deleted or self.status == "disabled"

    @property
    def takes(self) -> bool:
        return self.status == "active" and not self.deleted and not self.rests


class Taken(NamedTuple):
    """A delivery that is marked: `tries` counts this one."""

    id: UUID
    event_id: UUID
    tries: int
    body: bytes | None
    url: str


class Outgoing(NamedTuple):
    """A try to make: what (None: it can't be told), and the keys of which each signs it."""

    delivery: Taken
    body: bytes | None
    keys: Sequence[bytes]


class Tried(NamedTuple):
    """A try that was made: the answer's `status`, and the `code` of why it was no success."""

    delivery: Taken
    status: int | None
    code: str | None
    after_s: float | None

    @property
    def failed(self) -> bool:
        """True if the receiver is to blame."""
        return self.code not in {None, OURS}

    @property
    def is_gone(self) -> bool:
        return self.status == 410


OPEN_ENDPOINT = webhook_sending.open_endpoint.typed(Endpoint)
TAKE_DELIVERIES = webhook_sending.take_deliveries.typed(Taken)

_log = logs.get("webhooks")

GONE = Endpoint("disabled", deleted=True, rests=False, failing=False)


async def open_endpoint(conn: Conn, *, claim: Claim) -> Endpoint:
    return await OPEN_ENDPOINT.one(conn, **_scope(claim)) or GONE


async def put_back(conn: Conn, *, claim: Claim) -> None:
    """Tries that an attempt before this one began and never settled: they are made again."""
    await webhook_sending.put_back.run(conn, **_scope(claim))


async def take(conn: Conn, *, claim: Claim, limit: int, keyring: Keyring, public_url: str) -> list[Outgoing]:
    """Mark up to `limit` due deliveries as being tried; none where the endpoint takes nothing now."""
    taken = await TAKE_DELIVERIES.all(conn, **_scope(claim), limit=limit)
    if not taken:
        return []
    org, endpoint_id = claim.organization_id, endpoint_of(claim)
    keys = await secrets.signing(conn, organization_id=org, endpoint_id=endpoint_id, keyring=keyring)
    bodies = await _bodies(conn, org, taken, public_url)
    return [Outgoing(one, bodies.get(one.event_id), keys) for one in taken]


async def _bodies(conn: Conn, org: UUID, taken: Sequence[Taken], public_url: str) -> Mapping[UUID, bytes]:
    """Their bodies by event. One that we can't make must hold up no other: it is tried again later."""
    kept = {one.event_id: one.body for one in taken if one.body is not None}
    new = [one.event_id for one in taken if one.body is None]
    if not new:
        return kept
    made = await events.bodies(conn, organization_id=org, event_ids=new, public_url=public_url)
    for event_id, error in made.items():
        if isinstance(error, Exception):
            shown = ids.show(ids.WEBHOOK_EVENT, event_id)
            _log.error("event not rendered", event_id=shown, exc_info=error)
    return kept | {event_id: body for event_id, body in made.items() if isinstance(body, bytes)}


async def settle(conn: Conn, *, claim: Claim, tried: Sequence[Tried], failing: bool) -> list[Next]:
    """Write down what tries came to, and what follows for their endpoint; what became of each.

    `failing`: its last try may have been no success, which a success ends.
    """
    urls = sorted({one.delivery.url for one in tried})
    of = {url: [one for one in tried if one.delivery.url == url] for url in urls}
    # The endpoint first, as whoever hurries a delivery has it.
    gone = [url for url in urls if await _note(conn, claim, url, of[url], failing=failing)]
    after = [_after(one, gone=one.delivery.url in gone) for one in tried]
    await webhook_sending.settle_deliveries.run(
        conn,
        org=claim.organization_id,
        ids=[one.delivery.id for one in tried],
        statuses=[becomes for becomes, _ in after],
        http_statuses=[one.status for one in tried],
        error_codes=[one.code for one in tried],
        afters_s=[wait for _, wait in after],
    )
    return [becomes for becomes, _ in after]


def _after(tried: Tried, *, gone: bool) -> tuple[Next, float]:
    """Status of its delivery from now on, and the seconds until it is tried again.

    That is at once where the address is gone and there is another by now.
    """
    if tried.code is None:
        return "delivered", 0.0
    if tried.is_gone:
        return "abandoned" if gone else "pending", 0.0
    wait = wait_s(tried.delivery.tries, asked_s=tried.after_s)
    return ("failed", 0.0) if wait is None else ("pending", wait)


async def _note(conn: Conn, claim: Claim, url: str, tried: Sequence[Tried], *, failing: bool) -> bool:
    """Count failures in a row at an address, and disable what does nothing else; True if it is gone.

    Nothing is noted where the endpoint has another address by now.
    """
    failed = [one for one in tried if one.failed]
    at = _scope(claim) | {"url": url}
    gone = any(one.is_gone for one in failed) and await _disable(conn, at, "GONE")
    if any(one.code is None for one in tried):
        if failing:
            await webhook_sending.note_success.run(conn, **at)
    elif failed:
        late = await webhook_sending.note_failures.value(
            conn,
            **at,
            failures=len(failed),
            patient_tries=PATIENT_TRIES,
            most_rest_s=MOST_REST_S,
            patience=PATIENCE,
        )
        if late:
            await _disable(conn, at, "FAILING")
    if asked_s := _asked_s(failed):
        await webhook_sending.note_rest.run(conn, **at, asked_s=asked_s)
    return gone


def _asked_s(failed: Sequence[Tried]) -> float | None:
    """Seconds in which the endpoint wants nothing: it said so of all, not of one delivery."""
    asked = [one.after_s for one in failed if one.after_s and one.status in {429, 503}]
    return min(max(asked), MOST_ASKED_S) if asked else None


async def _disable(conn: Conn, at: Mapping[str, Any], reason: DisabledReason) -> bool:
    """Send nothing there any more. The organization's other endpoints are told, as of each change.

    False if there is nothing to disable: it has another address by now, or is over.
    """
    return await webhook_sending.disable_endpoint.run(conn, **at, reason=reason) > 0


async def abandon(conn: Conn, *, claim: Claim) -> bool:
    """End a batch of what waits for an endpoint that is disabled or gone; True if there may be more."""
    ended: int = await webhook_sending.abandon_deliveries.value(conn, **_scope(claim), limit=BATCH)
    return ended == BATCH


def _scope(claim: Claim) -> dict[str, Any]:
    return {"org": claim.organization_id, "endpoint_id": endpoint_of(claim)}
