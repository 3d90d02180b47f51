"""Usage of an organization, with its limits."""

from typing import Literal

from schemas import ids
from schemas.api_keys import OrganizationTier, Storage
from schemas.base import ResponseStruct, UtcInstant


class PoolUse(ResponseStruct, frozen=True, kw_only=True):
    """The jobs of the organization in one pool."""

    name: str
    """The pool's name."""
    running: int
    """Running jobs."""
    max_running: int | None
    """Maximum of running jobs; null: no cap."""
    queued: int
    """Due jobs that wait."""
    max_queued: int | None
    """Maximum of waiting jobs: further ones are refused; null: no cap, and counted up to 10,000."""


class Use(ResponseStruct, frozen=True, kw_only=True):
    """A used amount and its limit."""

    used: int
    """The used amount."""
    limit: int
    """The limit."""


class EventsUse(ResponseStruct, frozen=True, kw_only=True):
    """Events of this UTC day, over all apps and keys of the organization; a sandbox has its own."""

    count: Use
    """New events that were stored, as of up to 5 s ago."""
    bytes: Use
    """Bytes of their request bodies, decompressed."""
    resets_at: UtcInstant
    """The start of the next UTC day, which resets the usage."""


class ProjectCounts(ResponseStruct, frozen=True, kw_only=True):
    """Number of projects; counted up to 100,000."""

    active: int
    """Active projects."""
    archived: int
    """Archived projects."""


#: Resources of requests: seconds of CPU, seconds on a connection to Postgres, bytes.
BudgetResource = Literal["cpu", "database", "bytes"]

#: Requests with a key, or public ones.
BudgetTraffic = Literal["keys", "public"]


class BudgetUse(ResponseStruct, frozen=True, kw_only=True):
    """A budget by measured cost: charged at a request's end; while overdrawn, requests are refused."""

    resource: BudgetResource
    """CPU and database time are in seconds."""
    traffic: BudgetTraffic
    """`keys`: requests with a key; `public`: events of apps and downloads of public files."""
    available: float | None
    """The amount left; below 0 requests are refused; null: currently unknown."""
    capacity: float
    """The amount after a minute without requests."""
    per_second: float
    """The refill per second."""


class Usage(ResponseStruct, frozen=True, kw_only=True):
    """`GET /v1/usage`."""

    organization_id: ids.OrganizationId
    tier: OrganizationTier
    """The tier that sets the limits."""
    pools: list[PoolUse]
    """Each pool with jobs that partners see."""
    events: EventsUse
    """Events of apps; beyond the limits they are refused with 429."""
    storage: Storage
    """Bytes of media; an organization and its sandbox are counted together."""
    api_keys: Use
    """Valid API keys."""
    webhook_endpoints: Use
    """Webhook endpoints."""
    projects: ProjectCounts
    """Projects, without a limit."""
    budgets: list[BudgetUse]
    """Budgets by cost of requests."""
