"""Jobs that deliver webhooks: one for an endpoint at a time, however much waits for it.

Nothing is submitted in the transaction of an event: two of them would wait for each other at the job's key.
The dispatcher looks for endpoints with something to send; what dies in between is found by its next look.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import TypedQuery, webhook_sending
from jobs import ledger
from jobs.kinds import DELIVER_WEBHOOK
from jobs.ledger import Claim, Wake
from schemas.errors import Limited

#: Endpoints that one look reads.
BATCH = 200


class Walked(NamedTuple):
    """An endpoint that a look came to; `free`: it may have a job, and has none."""

    organization_id: UUID
    endpoint_id: UUID
    free: bool


FIND_NEW = webhook_sending.find_new.typed(Walked)
FIND_DUE = webhook_sending.find_due.typed(Walked)
FIND_LEFT = webhook_sending.find_left.typed(Walked)

FIRST = (UUID(int=0), UUID(int=0))


class Look:
    """A walk around all endpoints that a query finds, a batch at a time: none waits behind another."""

    def __init__(self, query: TypedQuery[Walked]) -> None:
        self._query, self._after = query, FIRST

    async def submit(self, conn: Conn) -> tuple[int, list[Wake]]:
        """Submit the jobs of a batch: how many were looked at, and whom to wake once that is committed."""
        org, endpoint_id = self._after
        walked = await self._query.all(conn, org=org, endpoint_id=endpoint_id, limit=BATCH)
        wakes = await _submit(conn, [one for one in walked if one.free])
        self._after = walked[-1][:2] if len(walked) == BATCH else FIRST
        return len(walked), wakes


async def _submit(conn: Conn, found: Sequence[Walked]) -> list[Wake]:
    """Each by itself: one that the ledger takes no job of now is found again by the next look."""
    wakes = []
    for organization_id, endpoint_id, _ in found:
        with suppress(Limited):
            submitted = await ledger.submit(
                conn,
                kind=DELIVER_WEBHOOK,
                organization_id=organization_id,
                # An archived project has events, too, and a purge must not end what is others'.
                project_id=None,
                args={"endpoint_id": endpoint_id},
                unique_key=f"deliver:{endpoint_id}",
            )
            wakes += [submitted.wake] if submitted.wake else []
    return wakes


def endpoint_of(claim: Claim) -> UUID:
    return UUID(claim.args["endpoint_id"])
