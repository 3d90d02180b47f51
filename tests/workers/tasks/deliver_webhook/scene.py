"""An organization with webhook endpoints, events for them, and deliveries run by hand."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Pool, run_in_transaction
from domain.webhooks import endpoints
from domain.webhooks.delivery_jobs import (
    FIND_ENDPOINTS_WITH_DUE_DELIVERIES,
    FIND_ENDPOINTS_WITH_LEFTOVER_DELIVERIES,
    FIND_ENDPOINTS_WITH_NEW_DELIVERIES,
    WebhookEndpointRoundRobin,
)
from domain.webhooks.endpoints import EndpointChangeAuthor
from jobs.kinds import DELIVER_WEBHOOK_KIND
from schemas import ids
from schemas.settings import Settings
from schemas.webhooks import WebhookEndpointCreate, WebhookEndpointPatch
from tests import seeds
from tests.workers import by_hand
from workers.tasks.deliver_webhook import deliver_webhook
from workers.webhooks.sending import open_webhook_client

EMIT = "select emit_webhook_event($1, null, $2, $1, null, null)"


@dataclass
class DeliveryScene:
    pool: Pool
    settings: Settings
    org: UUID

    # Actions of the owner

    async def endpoint(self, url: str, *events: str) -> tuple[UUID, str]:
        """Create an endpoint; return its id and secret."""
        body = WebhookEndpointCreate(url=url, events=[*events] or ["*"])  # type: ignore[list-item]
        create = partial(
            endpoints.insert_webhook_endpoint, author=EndpointChangeAuthor(self.org), project_id=None, body=body
        )
        shown, _ = await run_in_transaction(self.pool, partial(create, keyring=seeds.VAULT))
        return seeds.parse_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, shown.id), shown.signing_secret

    async def patch(self, endpoint_id: UUID, **fields: Any) -> None:
        patch = partial(
            endpoints.apply_endpoint_patch,
            author=EndpointChangeAuthor(self.org),
            endpoint_id=endpoint_id,
            versions=None,
        )
        body = msgspec.convert(fields, WebhookEndpointPatch)
        await run_in_transaction(self.pool, partial(patch, body=body))

    async def delete(self, endpoint_id: UUID) -> None:
        delete = partial(
            endpoints.soft_delete_endpoint,
            author=EndpointChangeAuthor(self.org),
            endpoint_id=endpoint_id,
            versions=None,
        )
        await run_in_transaction(self.pool, delete)

    async def emit(self, kind: str = "job.failed", *, times: int = 1) -> list[str]:
        """Emit and commit events; return their ids."""
        made = [await self.pool.fetchval(EMIT, self.org, kind) for _ in range(times)]
        return [ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, one) for one in made]

    # Actions of the server's processes

    async def look(self) -> None:
        async with self.pool.acquire() as conn:
            for query in (
                FIND_ENDPOINTS_WITH_NEW_DELIVERIES,
                FIND_ENDPOINTS_WITH_DUE_DELIVERIES,
                FIND_ENDPOINTS_WITH_LEFTOVER_DELIVERIES,
            ):
                await WebhookEndpointRoundRobin(query).submit_jobs_of_next_endpoints(conn)

    async def attempt(self) -> list[str]:
        """Submit the job of each due endpoint, pull and perform them; return their outcomes."""
        await self.look()
        async with self.pool.acquire() as conn:
            claims = await seeds.claims(conn, DELIVER_WEBHOOK_KIND)
        return [await self.perform(claim) for claim in claims]

    async def perform(self, claim: Any) -> str:
        async with open_webhook_client(self.settings) as client:
            deliver = partial(deliver_webhook, keyring=seeds.VAULT, public_url=seeds.PUBLIC_URL)
            return await by_hand.run(self.pool, claim, DELIVER_WEBHOOK_KIND, partial(deliver, client=client))

    async def hours_pass(self, hours: float) -> None:
        """Move all timestamps into the past by `hours`."""
        passed = f"- make_interval(secs => {hours * 3600})"
        await self.pool.execute(
            f"""update webhook_endpoint
                   set failing_since = failing_since {passed}, retry_at = retry_at {passed};
                update webhook_delivery set next_at = next_at {passed} where status = 'pending'"""
        )

    # Results

    async def shown(self, endpoint_id: UUID) -> Any:
        async with self.pool.acquire() as conn:
            shown, _ = await endpoints.read_webhook_endpoint(conn, organization_id=self.org, endpoint_id=endpoint_id)
        return shown

    async def rows(self, endpoint_id: UUID) -> list[asyncpg.Record]:
        return await self.pool.fetch(
            """select *, extract(epoch from next_at - attempted_at)::float8 as wait_s
                 from webhook_delivery where endpoint_id = $1 order by id""",
            endpoint_id,
        )

    async def states(self, endpoint_id: UUID) -> list[str]:
        return [row["status"] for row in await self.rows(endpoint_id)]
