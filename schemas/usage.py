"""Usage: what an organization has of what it may have."""

from typing import Literal

from schemas import ids
from schemas.api_keys import Storage, Tier
from schemas.base import Instant, Out


class PoolUse(Out, frozen=True, kw_only=True):
    """The jobs of the organization in one pool."""

    name: str
    """Whose workers run them."""
    running: int
    """Jobs that run now."""
    max_running: int | None
    """As many may run at once; null: no cap."""
    queued: int
    """Jobs that are due and wait."""
    max_queued: int | None
    """As many may wait, and one more is refused; null: no cap, and counted up to 10,000."""


class Use(Out, frozen=True, kw_only=True):
    """How many there are, of how many there may be."""

    used: int
    """How many there are."""
    limit: int
    """How many there may be."""


class EventsUse(Out, frozen=True, kw_only=True):
    """Events of this UTC day, over all apps and keys of the organization; a sandbox has its own."""

    count: Use
    """New events that were stored, up to 5 s ago."""
    bytes: Use
    """Bytes of their requests' bodies, out of gzip."""
    resets_at: Instant
    """When the next UTC day begins, and nothing is used."""


class ProjectCounts(Out, frozen=True, kw_only=True):
    """How many projects there are; counted up to 100,000."""

    active: int
    """Those that may start something."""
    archived: int
    """Those that start nothing any more."""


#: The costs of requests: seconds of CPU, seconds on a connection to Postgres, bytes.
Resource = Literal["cpu", "database", "bytes"]

#: Requests with a key, or of strangers.
BudgetTraffic = Literal["keys", "public"]


class BudgetUse(Out, frozen=True, kw_only=True):
    """A budget by measured cost: it is charged at a request's end, and refuses requests while overdrawn."""

    resource: Resource
    """CPU and database time are in seconds."""
    traffic: BudgetTraffic
    """`keys`: requests with a key; `public`: events of apps and readers of public files."""
    available: float | None
    """What is left now; below 0 requests are refused; null: unknown for the moment."""
    capacity: float
    """What is left after a minute without requests."""
    per_second: float
    """What comes back in each second."""


class Usage(Out, frozen=True, kw_only=True):
    """`GET /v1/usage`."""

    organization_id: ids.OrganizationId
    tier: Tier
    """What the limits are by."""
    pools: list[PoolUse]
    """Each pool that runs jobs which partners see."""
    events: EventsUse
    """Events of apps, beyond whose limits they are refused with 429."""
    storage: Storage
    """Bytes of media, together with the sandbox, or with the organization whose sandbox it is."""
    api_keys: Use
    """Keys that are alive."""
    webhook_endpoints: Use
    """Webhook endpoints."""
    projects: ProjectCounts
    """Projects, which have no limit."""
    budgets: list[BudgetUse]
    """What requests may cost."""
