"""Delivery jobs: one for an endpoint at a time, for any number of waiting deliveries.

An event's transaction submits no job: two such transactions would wait for each other at the job's unique
key. The dispatcher searches for endpoints with due deliveries, and its next search recovers from a crash.
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

#: Endpoints in one batch of a search.
BATCH = 200


class VisitedEndpoint(NamedTuple):
    """Visited endpoint; `free`: it may have a job, and has none."""

    organization_id: UUID
    endpoint_id: UUID
    free: bool


FIND_NEW = webhook_sending.find_new.typed(VisitedEndpoint)
FIND_DUE = webhook_sending.find_due.typed(VisitedEndpoint)
FIND_LEFT = webhook_sending.find_left.typed(VisitedEndpoint)

FIRST = (UUID(int=0), UUID(int=0))


class EndpointSearch:
    """Round-robin search over all endpoints of a query, a batch at a time: none starves."""

    def __init__(self, query: TypedQuery[VisitedEndpoint]) -> None:
        self._query, self._after = query, FIRST

    async def submit(self, conn: Conn) -> tuple[int, list[Wake]]:
        """Submit the jobs of a batch; return the number of visited endpoints, and the wakes to send after the
        commit.
        """
        org, endpoint_id = self._after
        walked = await self._query.all(conn, org=org, endpoint_id=endpoint_id, limit=BATCH)
        wakes = await _submit(conn, [endpoint for endpoint in walked if endpoint.free])
        self._after = walked[-1][:2] if len(walked) == BATCH else FIRST
        return len(walked), wakes


async def _submit(conn: Conn, endpoints: Sequence[VisitedEndpoint]) -> list[Wake]:
    """Submit each job alone: an endpoint that the ledger refuses now is found by the next search."""
    wakes = []
    for organization_id, endpoint_id, _ in endpoints:
        with suppress(Limited):
            submitted = await ledger.submit(
                conn,
                kind=DELIVER_WEBHOOK,
                organization_id=organization_id,
                # No project: an archived one has events too, and a purge must not end jobs of other projects.
                project_id=None,
                args={"endpoint_id": endpoint_id},
                unique_key=f"deliver:{endpoint_id}",
            )
            wakes += [submitted.wake] if submitted.wake else []
    return wakes


def endpoint_of(claim: Claim) -> UUID:
    return UUID(claim.args["endpoint_id"])
