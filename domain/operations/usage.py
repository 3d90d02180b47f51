"""Usage of an organization with its limits, counted from the rows at each read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from db.pool import Conn
from db.queries import api_key, usage, webhook_endpoint
from domain.events import budgets as event_budgets
from domain.media import storage_quota
from domain.tenancy.api_keys import MAX_VALID_API_KEYS
from domain.webhooks import endpoints
from jobs.kinds import PUBLIC_JOB_KINDS
from schemas import ids
from schemas.api_keys import OrganizationTier
from schemas.usage import BudgetUse, EventsUse, PoolUse, ProjectCounts, Usage, Use

#: Largest counts of queued jobs in a pool without a cap, and of projects.
MAX_COUNTED_POOL_JOBS, MAX_COUNTED_PROJECTS = 10_000, 100_000

_PUBLIC_JOB_POOLS = sorted({kind.pool for kind in PUBLIC_JOB_KINDS})


async def read_organization_usage(
    conn: Conn, *, organization_id: UUID, tier: OrganizationTier, budgets: Sequence[BudgetUse], now: datetime
) -> Usage:
    """Return an organization's use of each limit; `budgets` are the API's own counts, and `now` gives the UTC day."""
    pools = await usage.list_pools.all(conn, org=organization_id, names=_PUBLIC_JOB_POOLS, most=MAX_COUNTED_POOL_JOBS)
    projects = await usage.count_projects.row(conn, org=organization_id, most=MAX_COUNTED_PROJECTS)
    storage = await storage_quota.read_org_storage_use(conn, organization_id=organization_id)
    keys = await api_key.count_live_keys.value(conn, org=organization_id)
    hooks = await webhook_endpoint.count_endpoints.value(conn, org=organization_id)
    budget = event_budgets.EVENT_DAY_LIMITS_BY_TIER[tier]
    events, size = await event_budgets.read_used_event_budget(conn, organization_id=organization_id, now=now)
    return Usage(
        organization_id=ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, organization_id),
        tier=tier,
        pools=[PoolUse(**dict(row)) for row in pools],
        events=EventsUse(
            count=Use(used=events, limit=budget.events),
            bytes=Use(used=size, limit=budget.size),
            resets_at=event_budgets.next_utc_midnight(now),
        ),
        storage=storage,
        api_keys=Use(used=keys, limit=MAX_VALID_API_KEYS),
        webhook_endpoints=Use(used=hooks, limit=endpoints.MAX_WEBHOOK_ENDPOINTS),
        projects=ProjectCounts(**dict(projects)),
        budgets=list(budgets),
    )
