"""Services of the routes, opened once by the lifespan and kept on the application's state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis

from api.auth.api_keys import ApiKeyAuthenticator
from api.auth.sdk_keys import AppKeyAuthenticator
from api.events.last_seen import AppLastSeenBuffer
from api.limits.disk_watch import DiskWatch
from api.limits.event_limits import EventRateLimiter
from api.limits.fair_executor import FairExecutor, OneTaskPerTenantQueue
from api.limits.rate_limits import RateLimiter
from api.limits.tenant_connections import FairConnectionPool
from api.streams.long_poll import AwaitedObjectRef, LongPollHub
from db.coalescing import LookupCoalescer
from db.pool import Pool
from domain.brand.ingests import NewIngest
from domain.events.budgets import EventBudgets
from domain.events.intake import EventIntake
from domain.events.quarantine import QuarantineBuffer
from domain.jobs.jobs import VersionedJob
from domain.media.store import MediaStore
from domain.metrics.active_users import ActiveUserCountCache
from domain.projects.projects import ProjectToInsert
from domain.security.keyring import Keyring
from domain.values import ssrf_guard
from domain.webhooks.streams import StreamHead
from jobs.courier import WakeCourier
from jobs.ledger import SubmittedJob
from schemas.settings import Settings
from schemas.waiting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class EventIntakeServices:
    """Services of the routes that receive events: authentication, limits, intake."""

    apps: AppKeyAuthenticator
    limiter: EventRateLimiter
    #: Daily event budgets of organizations.
    budgets: EventBudgets
    intake: EventIntake
    last: AppLastSeenBuffer
    quarantine: QuarantineBuffer
    #: Watermarks of the databases' disks: intake of events and uploads closes before a disk is full.
    disks: DiskWatch
    #: Connection quota for events from servers with an Idempotency-Key. Each such request holds a connection
    #: of the main database until its events are committed; together they get half of the shared connections.
    keyed: FairConnectionPool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServices:
    """All services. `clock` returns an aware datetime in UTC."""

    settings: Settings
    pool: Pool
    #: The pool with a quota per organization.
    connections: FairConnectionPool
    #: The event store with a quota per organization; the same object if both are one database.
    event_connections: FairConnectionPool
    #: Cache of the latest counts of users.
    user_counts: ActiveUserCountCache
    courier: WakeCourier
    redis: Redis
    peppers: Keyring
    vault: Keyring
    authenticator: ApiKeyAuthenticator
    limiter: RateLimiter
    events: EventIntakeServices
    #: Coalesced reads of jobs.
    jobs: LookupCoalescer[AwaitedObjectRef, VersionedJob | None]
    #: Coalesced reads of the reasons why jobs wait.
    wait_reasons: LookupCoalescer[AwaitedObjectRef, Waiting | None]
    #: Coalesced creation of projects: one statement and one commit for concurrent requests.
    project_creates: LookupCoalescer[ProjectToInsert, bool | None]
    #: Coalesced starts of ingests; None if the request must start its ingest in a transaction of its own.
    ingest_starts: LookupCoalescer[NewIngest, SubmittedJob | None]
    job_hub: LongPollHub[VersionedJob]
    #: Streams of webhook events.
    stream_hub: LongPollHub[StreamHead]
    #: Storage of media, and the queue of uploads to probe.
    store: MediaStore
    probes: OneTaskPerTenantQueue
    #: Runs CPU-bound work on a thread outside of the event loop.
    executor: FairExecutor
    #: Addresses of this machine that an ingest may fetch despite the SSRF guard.
    allowed: ssrf_guard.AllowedOrigins
    clock: Callable[[], datetime]
