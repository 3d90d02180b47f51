"""Delivery jobs: one for an endpoint at a time, for any number of waiting deliveries.

An event's transaction submits no job: two such transactions would wait for each other at the job's unique
key. The dispatcher searches for endpoints with due deliveries, and its next search recovers from a crash.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import TypedQuery, webhook_sending
from jobs import ledger
from jobs.kinds import DELIVER_WEBHOOK_KIND
from jobs.ledger import JobClaim, NewJob, WakeMessage
from telemetry import log_context

#: Endpoints in one batch of a search.
WEBHOOK_ENDPOINTS_PER_SEARCH_BATCH = 200


class EndpointWithPendingDeliveries(NamedTuple):
    """Endpoint that a search found; `free`: it may have a delivery job, and has none."""

    organization_id: UUID
    endpoint_id: UUID
    free: bool


FIND_ENDPOINTS_WITH_NEW_DELIVERIES = webhook_sending.find_new.typed(EndpointWithPendingDeliveries)
FIND_ENDPOINTS_WITH_DUE_DELIVERIES = webhook_sending.find_due.typed(EndpointWithPendingDeliveries)
FIND_ENDPOINTS_WITH_LEFTOVER_DELIVERIES = webhook_sending.find_left.typed(EndpointWithPendingDeliveries)

BEFORE_FIRST_WEBHOOK_ENDPOINT = (UUID(int=0), UUID(int=0))


class WebhookEndpointRoundRobin:
    """Round-robin search over all endpoints of a query, a batch at a time: none starves."""

    def __init__(self, query: TypedQuery[EndpointWithPendingDeliveries]) -> None:
        self._query, self._after = query, BEFORE_FIRST_WEBHOOK_ENDPOINT

    async def submit_jobs_of_next_endpoints(self, conn: Conn) -> tuple[int, list[WakeMessage]]:
        """Submit the delivery jobs of the next batch of webhook endpoints in the search.

        Returns the number of visited endpoints, and the wakes to send after the commit.
        """
        org, endpoint_id = self._after
        walked = await self._query.all(conn, org=org, endpoint_id=endpoint_id, limit=WEBHOOK_ENDPOINTS_PER_SEARCH_BATCH)
        wakes = await _submit_delivery_jobs(conn, [endpoint for endpoint in walked if endpoint.free])
        self._after = (
            walked[-1][:2] if len(walked) == WEBHOOK_ENDPOINTS_PER_SEARCH_BATCH else BEFORE_FIRST_WEBHOOK_ENDPOINT
        )
        return len(walked), wakes


async def _submit_delivery_jobs(conn: Conn, endpoints: Sequence[EndpointWithPendingDeliveries]) -> list[WakeMessage]:
    """Submit the delivery job of each of these webhook endpoints; return the wakes to send.

    If the ledger refuses an endpoint's job now, the next search finds the endpoint again.
    """
    jobs = [
        NewJob(
            log_context.new_job_id(),
            DELIVER_WEBHOOK_KIND,
            organization_id,
            # No project: an archived one has events too, and a purge must not end jobs of other projects.
            project_id=None,
            args={"endpoint_id": endpoint_id},
            unique_key=f"deliver:{endpoint_id}",
        )
        for organization_id, endpoint_id, _ in endpoints
    ]
    submitted = await ledger.submit_jobs_of_tenants_or_alone(conn, jobs)
    return [one.wake for one in submitted if one and one.wake]


def webhook_endpoint_id_of_claim(claim: JobClaim) -> UUID:
    return UUID(claim.args["endpoint_id"])
