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
from schemas.errors import NotFound
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
    """An endpoint as a step finds it. `rests`: it asked for that, or has failed too often."""

    url: str | None
    status: str
    deleted: bool
    rests: bool

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


class Outgoing(NamedTuple):
    """A try to make: where to, what (None: it can't be told), and the keys of which each signs it."""

    delivery: Taken
    url: str
    body: bytes | None
    keys: Sequence[bytes]


class Tried(NamedTuple):
    """A try that was made: the answer's `status`, and the `code` of why it was no success."""

    delivery: Taken
    url: str
    status: int | None
    code: str | None
    after_s: float | None

    @property
    def is_gone(self) -> bool:
        return self.status == 410


OPEN_ENDPOINT = webhook_sending.open_endpoint.typed(Endpoint)
TAKE_DELIVERIES = webhook_sending.take_deliveries.typed(Taken)

_log = logs.get("webhooks")

GONE = Endpoint(None, "disabled", deleted=True, rests=False)


async def open_endpoint(conn: Conn, *, claim: Claim) -> Endpoint:
    return await OPEN_ENDPOINT.one(conn, **_scope(claim)) or GONE


async def put_back(conn: Conn, *, claim: Claim) -> None:
    """Tries that an attempt before this one began and never settled: they are made again."""
    await webhook_sending.put_back.run(conn, **_scope(claim))


async def take(conn: Conn, *, claim: Claim, limit: int, keyring: Keyring, public_url: str) -> list[Outgoing]:
    """Mark up to `limit` due deliveries as being tried; none where the endpoint takes nothing now."""
    endpoint = await open_endpoint(conn, claim=claim)
    if not endpoint.takes or endpoint.url is None:
        return []
    taken = await TAKE_DELIVERIES.all(conn, **_scope(claim), limit=limit)
    if not taken:
        return []
    org, endpoint_id = claim.organization_id, endpoint_of(claim)
    keys = await secrets.signing(conn, organization_id=org, endpoint_id=endpoint_id, keyring=keyring)
    bodies = [one.body or await _rendered(conn, org, one, public_url) for one in taken]
    return [Outgoing(one, endpoint.url, body, keys) for one, body in zip(taken, bodies, strict=True)]


async def _rendered(conn: Conn, org: UUID, taken: Taken, public_url: str) -> bytes | None:
    """Its body. One that we can't make must hold up no other: None, and it is tried again later."""
    try:
        return await events.body(conn, organization_id=org, event_id=taken.event_id, public_url=public_url)
    except (NotFound, LookupError, TypeError, ValueError, AttributeError, OverflowError):
        _log.exception("event not rendered", event_id=ids.show(ids.WEBHOOK_EVENT, taken.event_id))
        return None


async def settle(conn: Conn, *, claim: Claim, tried: Sequence[Tried]) -> list[Next]:
    """Write down what tries came to, and what follows for their endpoint; what became of each."""
    urls = {one.url for one in tried}
    # The endpoint first, as whoever hurries a delivery has it.
    gone = [url for url in sorted(urls) if await _note(conn, claim, url, [t for t in tried if t.url == url])]
    after = [_after(one, gone=one.url in gone) for one in tried]
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


async def _note(conn: Conn, claim: Claim, url: str, tried: Sequence[Tried]) -> bool:
    """Count failures in a row at an address, and disable what does nothing else; True if it is gone.

    Nothing is noted where the endpoint has another address by now.
    """
    failed = [one for one in tried if one.code not in {None, OURS}]
    at = _scope(claim) | {"url": url}
    gone = any(one.is_gone for one in failed) and await _disable(conn, at, "GONE")
    if any(one.code is None for one in tried):
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
