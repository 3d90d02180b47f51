"""The lifespan of an API process: opens its resources at the start and closes them at the end."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import partial

from litestar import Litestar
from redis.asyncio import Redis

from api.auth.api_keys import Authenticator, FailedKeyTracker
from api.auth.sdk_keys import AppAuthenticator
from api.events.last_seen import open_last_seen
from api.events.write_behind import write_behind
from api.limits.coalescing import Coalescer
from api.limits.disk_watch import open_disk_watch
from api.limits.event_limits import EventLimiter
from api.limits.fair_executor import TenantQueue, open_fair_executor
from api.limits.rate_limits import BREAKER_PAUSE_S, RateLimiter, open_limiter
from api.limits.tenant_connections import RESERVED_CONNECTIONS, TenantConnections
from api.server.admission import limits_of
from api.server.metrics_port import serve_metrics
from api.services import EventServices, Services
from api.streams.event_streams import open_stream_hub
from api.streams.long_poll import Ref, open_hub, poll_jobs
from db.pool import Pool, open_pool
from db.redis_pool import RedisPool
from domain.events.budgets import PAUSE_S, Budgets
from domain.events.intake import COMMITTERS, open_intake
from domain.events.quarantine import Quarantine
from domain.jobs import wait_reasons
from domain.media.storage import open_store
from domain.metrics.active_users import PeopleCache
from domain.projects import projects
from domain.projects.projects import NewProject
from domain.security.keyring import Keyring, check_keyrings, parse_keyring
from domain.values import ssrf_guard
from jobs.breaker import CircuitBreaker
from jobs.courier import open_courier
from schemas.settings import Settings
from schemas.waiting import Waiting

#: Maximum wait of a request for a lock of another transaction.
LOCK_TIMEOUT = "2s"

#: Timeout in seconds of one statement of a request, for a Postgres that doesn't respond.
COMMAND_TIMEOUT_S = 10.0

#: Uploads that are probed concurrently: each takes a core for 70 ms, a hostile one for 3 s per file.
MAX_CONCURRENT_PROBES = 2

#: Seconds between two writes of rejected events.
QUARANTINE_PAUSE_S = 1.0


@asynccontextmanager
async def open_services(
    app: Litestar, settings: Settings, clock: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Open all services. Raises `SettingsInvalid` without a pepper or vault key in use, or a media folder."""
    peppers, vault = _keyrings(settings)
    async with (
        serve_metrics(app, settings),
        open_fair_executor() as executor,
        _open_pool(settings, settings.database_url, name="tenantry-web") as pool,
        _open_event_store(settings, pool) as event_store,
        open_courier(settings.redis_url) as courier,
        _open_redis(settings.redis_url, clock) as (redis, limiter),
        _open_events(settings, pool, redis, peppers, clock) as events,
        open_hub(poll_jobs(pool), in_total=limits_of(settings).connections // 2) as job_hub,
        open_stream_hub(settings, pool) as stream_hub,
    ):
        connections = await _check_keyrings(pool, peppers, vault, settings)
        app.state.services = Services(
            settings=settings,
            pool=pool,
            connections=connections,
            event_connections=_event_connections(event_store, connections, pool, settings),
            user_counts=PeopleCache(),
            courier=courier,
            redis=redis,
            peppers=peppers,
            vault=vault,
            authenticator=Authenticator(pool, peppers, FailedKeyTracker()),
            limiter=limiter,
            events=events,
            jobs=Coalescer(poll_jobs(pool)),
            wait_reasons=Coalescer(_read_wait_reasons(pool)),
            project_creates=Coalescer(_create_projects(pool)),
            job_hub=job_hub,
            stream_hub=stream_hub,
            store=open_store(settings),
            probes=TenantQueue(MAX_CONCURRENT_PROBES),
            executor=executor,
            allowed=ssrf_guard.read_allowed(settings.fetch_allow),
            clock=clock,
        )
        yield


@asynccontextmanager
async def _open_events(
    settings: Settings, pool: Pool, redis: Redis, peppers: Keyring, clock: Callable[[], datetime]
) -> AsyncIterator[EventServices]:
    """Open the intake's own pool: one connection for each concurrent commit, and two for the quarantine."""
    async with (
        open_pool(
            settings.event_store_url,
            name="tenantry-events",
            size=COMMITTERS + 2,
            lock_timeout=LOCK_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT_S,
        ) as event_pool,
        _open_budgets(pool, clock) as budgets,
        open_intake(event_pool, budgets) as intake,
        open_last_seen(pool) as last,
        _open_quarantine(event_pool) as quarantine,
        open_disk_watch(settings, pool, event_pool) as disks,
    ):
        limiter = EventLimiter(redis, CircuitBreaker(BREAKER_PAUSE_S))
        await limiter.start()
        yield EventServices(
            apps=AppAuthenticator(pool, peppers),
            limiter=limiter,
            budgets=budgets,
            intake=intake,
            last=last,
            quarantine=quarantine,
            disks=disks,
            keyed=TenantConnections(
                pool, size=RESERVED_CONNECTIONS + (settings.pool_size - RESERVED_CONNECTIONS) // 2
            ),
        )


@asynccontextmanager
async def _open_budgets(pool: Pool, clock: Callable[[], datetime]) -> AsyncIterator[Budgets]:
    """Open this process's event budgets; its counts are added to the table, the last ones at the end."""
    budgets = Budgets(clock)
    async with write_behind(budgets.came, partial(budgets.write_due, pool), pause_s=PAUSE_S):
        try:
            yield budgets
        finally:
            budgets.make_ready()


@asynccontextmanager
async def _open_quarantine(pool: Pool) -> AsyncIterator[Quarantine]:
    quarantine = Quarantine(pool)
    async with write_behind(quarantine.came, quarantine.write_due, pause_s=QUARANTINE_PAUSE_S):
        yield quarantine


def _keyrings(settings: Settings) -> tuple[Keyring, Keyring]:
    """Parse the peppers and the vault keys."""
    peppers = parse_keyring(settings.peppers, setting="PEPPERS")
    return peppers, parse_keyring(settings.vault_keys, setting="VAULT_KEYS")


async def _check_keyrings(
    pool: Pool, peppers: Keyring, vault: Keyring, settings: Settings
) -> TenantConnections:
    """Check that the keyrings open the stored rows, and return the pool with its quotas."""
    async with pool.acquire() as conn:
        await check_keyrings(conn, peppers=peppers, vault=vault)
    return TenantConnections(pool, size=settings.pool_size)


def _event_connections(
    event_store: Pool, connections: TenantConnections, pool: Pool, settings: Settings
) -> TenantConnections:
    """Return the event store's connections; the main ones if both are one database."""
    return connections if event_store is pool else TenantConnections(event_store, size=settings.pool_size)


def _create_projects(pool: Pool) -> Callable[[Sequence[NewProject]], Awaitable[list[bool | None]]]:
    async def create(news: Sequence[NewProject]) -> list[bool | None]:
        async with pool.acquire() as conn:
            return await projects.create(conn, news)

    return create


def _read_wait_reasons(pool: Pool) -> Callable[[Sequence[Ref]], Awaitable[list[Waiting | None]]]:
    async def ask(refs: Sequence[Ref]) -> list[Waiting | None]:
        async with pool.acquire() as conn:
            return await wait_reasons.find_job_reasons(conn, refs=refs)

    return ask


def _open_pool(settings: Settings, url: str, *, name: str) -> AbstractAsyncContextManager[Pool]:
    return open_pool(
        url,
        name=name,
        size=settings.pool_size,
        lock_timeout=LOCK_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT_S,
    )


@asynccontextmanager
async def _open_event_store(settings: Settings, pool: Pool) -> AsyncIterator[Pool]:
    """Open the event store's pool; yield the main pool if both are one database."""
    if not settings.telemetry_url:
        yield pool
        return
    async with _open_pool(settings, settings.telemetry_url, name="tenantry-web-events") as own:
        yield own


@asynccontextmanager
async def _open_redis(url: str, clock: Callable[[], datetime]) -> AsyncIterator[tuple[Redis, RateLimiter]]:
    """Open Redis, which may be away, and the rate limiter that uses it.

    Callers set their own timeouts: the timeout of redis-py costs a task per command.
    """
    pool = RedisPool.from_url(url)
    try:
        redis = Redis(connection_pool=pool)
        async with open_limiter(redis, CircuitBreaker(BREAKER_PAUSE_S), clock) as limiter:
            yield redis, limiter
    finally:
        await pool.disconnect()
