"""Services that the routes use: opened once by the lifespan, found on the application's state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis

from api.app_auth import AppAuthenticator
from api.auth import Authenticator
from api.coalescing import Coalesced
from api.connections import Connections
from api.disk_watch import DiskWatch
from api.event_limits import EventLimiter
from api.last_events import LastEvents
from api.ratelimit import Limiter
from api.tenant_queue import Aside, TenantQueue
from api.waiting import Ref, Watcher
from db.pool import Pool
from domain.events.budgets import Budgets
from domain.events.intake import Intake
from domain.events.quarantine import Quarantine
from domain.jobs.jobs import Versioned
from domain.media.store import Store
from domain.metrics.active_users import Counted
from domain.projects.projects import New
from domain.security.keyring import Keyring
from domain.values import urls
from domain.webhooks.streams import Head
from jobs.courier import Courier
from schemas.settings import Settings
from schemas.waiting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class EventServices:
    """Services of routes that take events: whose key it is, how many may come, where they wait."""

    apps: AppAuthenticator
    limiter: EventLimiter
    #: Events that organizations may send in a day.
    budgets: Budgets
    intake: Intake
    last: LastEvents
    quarantine: Quarantine
    #: The databases' disks: intake of events, and of uploads, closes before one is full.
    disks: DiskWatch
    #: Shares of servers' requests with an Idempotency-Key: each holds a connection of the main database until
    #: its events are committed, and all of them have half of what is shared.
    keyed: Connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`clock` gives an aware datetime in UTC."""

    settings: Settings
    pool: Pool
    #: The pool as requests of an organization use it.
    connections: Connections
    #: The event store as they use it: the same one, unless it is a database of its own.
    event_connections: Connections
    #: Numbers of people as they were counted last.
    counted: Counted
    courier: Courier
    redis: Redis
    peppers: Keyring
    vault: Keyring
    authenticator: Authenticator
    limiter: Limiter
    events: EventServices
    #: One job read by many requests at once is one statement.
    jobs: Coalesced[Ref, Versioned | None]
    #: And why it waits.
    waits: Coalesced[Ref, Waiting | None]
    #: Projects that many requests create at once are one statement, and one commit.
    creates: Coalesced[New, bool | None]
    watcher: Watcher[Versioned]
    #: Streams of webhook events.
    listeners: Watcher[Head]
    #: Where media lies, and whose upload may be looked into.
    store: Store
    probes: TenantQueue
    #: Where texts are read: beside the loop.
    aside: Aside
    #: Addresses on this machine that an ingest may read all the same.
    allowed: urls.Allowed
    clock: Callable[[], datetime]
