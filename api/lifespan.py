"""The lifespan of an API process: opens its resources at the start and closes them at the end."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import partial

from litestar import Litestar
from redis.asyncio import Redis

from api.auth.api_keys import AddressesWithWrongKeys, ApiKeyAuthenticator
from api.auth.sdk_keys import AppKeyAuthenticator
from api.events.last_seen import open_app_last_seen_buffer
from api.events.write_behind import run_background_buffer_writer
from api.limits.disk_watch import open_disk_watch
from api.limits.event_limits import EventRateLimiter
from api.limits.fair_executor import OneTaskPerTenantQueue, open_fair_executor
from api.limits.rate_limits import REDIS_BREAKER_PAUSE_S, RateLimiter, open_rate_limiter
from api.limits.tenant_connections import POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS, FairConnectionPool
from api.server.admission import build_http_connection_limits
from api.server.metrics_port import serve_metrics_on_own_port_if_needed
from api.services import ApiServices, EventIntakeServices
from api.streams.event_streams import open_webhook_stream_hub
from api.streams.long_poll import AwaitedObjectRef, build_job_state_poller, open_long_poll_hub
from db.coalescing import LookupCoalescer
from db.pool import Pool, acquire_pg_connection, open_postgres_pool
from db.reach import ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT
from db.redis_pool import RedisPool
from domain.brand import ingests
from domain.brand.ingests import NewIngest
from domain.events.budgets import EVENT_COUNT_WRITE_PAUSE_S, EventBudgets
from domain.events.intake import MAX_CONCURRENT_EVENT_COMMITS, open_event_intake
from domain.events.quarantine import QuarantineBuffer
from domain.jobs import wait_reasons
from domain.media.storage import open_media_store
from domain.metrics.active_users import ActiveUserCountCache
from domain.projects import projects
from domain.projects.projects import ProjectToInsert
from domain.security.keyring import Keyring, check_keyrings, parse_pepper_and_vault_keyrings
from domain.values import ssrf_guard
from jobs.breaker import CircuitBreaker
from jobs.courier import open_redis_wake_courier
from jobs.ledger import MAX_JOBS_PER_GROUPED_SUBMIT, SubmittedJob
from schemas.settings import Settings
from schemas.waiting import Waiting
from telemetry import logs

#: Maximum wait of a request for a lock of another transaction.
MAX_POSTGRES_LOCK_WAIT = "2s"

#: Timeout in seconds of one statement of a request, for a Postgres that doesn't respond.
POSTGRES_STATEMENT_TIMEOUT_S = 10.0

#: Uploads that are probed concurrently: each takes a core for 70 ms, a hostile one for 3 s per file.
MAX_CONCURRENT_FILE_PROBES = 2

#: Seconds between two writes of rejected events.
QUARANTINE_WRITE_PAUSE_S = 1.0

_log = logs.get_logger("api")


@asynccontextmanager
async def open_api_services(app: Litestar, settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[None]:
    """Open all services. Raises `SettingsInvalid` without a pepper or vault key in use, or a media folder."""
    peppers, vault = parse_pepper_and_vault_keyrings(settings)
    async with (
        serve_metrics_on_own_port_if_needed(app, settings),
        open_fair_executor() as executor,
        _open_postgres_pool(settings, settings.database_url, name="tenantry-web") as pool,
        _open_event_store(settings, pool) as event_store,
        open_redis_wake_courier(settings.redis_url) as courier,
        _open_redis_and_rate_limiter(settings.redis_url, clock) as (redis, limiter),
        _open_event_services(settings, pool, redis, peppers, clock) as events,
        open_long_poll_hub(
            build_job_state_poller(pool), in_total=build_http_connection_limits(settings).connections // 2
        ) as job_hub,
        open_webhook_stream_hub(settings, pool) as stream_hub,
    ):
        async with pool.acquire() as conn:
            await check_keyrings(conn, peppers=peppers, vault=vault)
        connections = event_connections = FairConnectionPool(pool, size=settings.pool_size)
        if event_store is not pool:
            event_connections = FairConnectionPool(event_store, size=settings.pool_size)
        app.state.services = ApiServices(
            settings=settings,
            pool=pool,
            connections=connections,
            event_connections=event_connections,
            user_counts=ActiveUserCountCache(),
            courier=courier,
            redis=redis,
            peppers=peppers,
            vault=vault,
            authenticator=ApiKeyAuthenticator(pool, peppers, AddressesWithWrongKeys()),
            limiter=limiter,
            events=events,
            jobs=LookupCoalescer(build_job_state_poller(pool)),
            wait_reasons=LookupCoalescer(_build_wait_reason_reader(pool)),
            project_creates=LookupCoalescer(_build_api_project_inserter(pool)),
            ingest_starts=LookupCoalescer(_build_ingest_starter(pool), largest=MAX_JOBS_PER_GROUPED_SUBMIT),
            job_hub=job_hub,
            stream_hub=stream_hub,
            store=open_media_store(settings),
            probes=OneTaskPerTenantQueue(MAX_CONCURRENT_FILE_PROBES),
            executor=executor,
            allowed=ssrf_guard.parse_allowed_loopback_fetch_origins(settings.fetch_allow),
            clock=clock,
        )
        yield


@asynccontextmanager
async def _open_event_services(
    settings: Settings, pool: Pool, redis: Redis, peppers: Keyring, clock: Callable[[], datetime]
) -> AsyncIterator[EventIntakeServices]:
    """Open event intake with its own Postgres pool: a connection per concurrent commit, two for the quarantine."""
    async with (
        open_postgres_pool(
            settings.event_store_url,
            name="tenantry-events",
            size=MAX_CONCURRENT_EVENT_COMMITS + 2,
            lock_timeout=MAX_POSTGRES_LOCK_WAIT,
            command_timeout=POSTGRES_STATEMENT_TIMEOUT_S,
            waits_for_restart=True,
            # The main database has answered just now: a process that replaces a killed one is needed at once.
            connects_at_start=bool(settings.telemetry_url),
        ) as event_pool,
        _open_event_budgets(pool, clock) as budgets,
        open_event_intake(event_pool, budgets) as intake,
        open_app_last_seen_buffer(pool) as last,
        _open_event_quarantine(event_pool) as quarantine,
        open_disk_watch(settings, pool, event_pool) as disks,
    ):
        limiter = EventRateLimiter(redis, CircuitBreaker(REDIS_BREAKER_PAUSE_S))
        await limiter.load_script()
        yield EventIntakeServices(
            apps=AppKeyAuthenticator(pool, peppers),
            limiter=limiter,
            budgets=budgets,
            intake=intake,
            last=last,
            quarantine=quarantine,
            disks=disks,
            keyed=FairConnectionPool(
                pool,
                size=POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS
                + (settings.pool_size - POOL_CONNECTION_COUNT_OUTSIDE_QUOTAS) // 2,
            ),
        )


@asynccontextmanager
async def _open_event_budgets(pool: Pool, clock: Callable[[], datetime]) -> AsyncIterator[EventBudgets]:
    """Yield this process's daily event budgets; their counts are added to the table, the last ones at the end."""
    budgets = EventBudgets(clock)
    async with run_background_buffer_writer(
        budgets.counts_ready, partial(budgets.add_ready_counts_to_postgres, pool), pause_s=EVENT_COUNT_WRITE_PAUSE_S
    ):
        try:
            yield budgets
        finally:
            budgets.queue_all_event_counts()


@asynccontextmanager
async def _open_event_quarantine(pool: Pool) -> AsyncIterator[QuarantineBuffer]:
    quarantine = QuarantineBuffer(pool)
    async with run_background_buffer_writer(
        quarantine.rejections_queued, quarantine.write_queued_rejections, pause_s=QUARANTINE_WRITE_PAUSE_S
    ):
        yield quarantine


def _build_api_project_inserter(
    pool: Pool,
) -> Callable[[Sequence[ProjectToInsert]], Awaitable[list[bool | Exception | None]]]:
    async def create(news: Sequence[ProjectToInsert]) -> list[bool | Exception | None]:
        try:
            async with acquire_pg_connection(pool) as conn:
                return [*await projects.insert_new_projects(conn, news)]
        except ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT as error:
            if len(news) == 1:
                return [error]
            _log.warning(
                "grouped insert of projects failed, inserting each alone", projects=len(news), error=repr(error)
            )
            return [(await create([new]))[0] for new in news]

    return create


def _build_ingest_starter(pool: Pool) -> Callable[[Sequence[NewIngest]], Awaitable[list[SubmittedJob | None]]]:
    async def start(news: Sequence[NewIngest]) -> list[SubmittedJob | None]:
        try:
            async with acquire_pg_connection(pool) as conn:
                return await ingests.start_ingests(conn, news)
        except ERRORS_OF_ONE_CALLER_IN_GROUPED_STATEMENT as error:
            _log.warning("grouped start of ingests failed, starting each alone", ingests=len(news), error=repr(error))
            return [None] * len(news)

    return start


def _build_wait_reason_reader(pool: Pool) -> Callable[[Sequence[AwaitedObjectRef]], Awaitable[list[Waiting | None]]]:
    async def ask(refs: Sequence[AwaitedObjectRef]) -> list[Waiting | None]:
        async with acquire_pg_connection(pool) as conn:
            return await wait_reasons.find_job_wait_reasons(conn, refs=refs)

    return ask


def _open_postgres_pool(settings: Settings, url: str, *, name: str) -> AbstractAsyncContextManager[Pool]:
    return open_postgres_pool(
        url,
        name=name,
        size=settings.pool_size,
        lock_timeout=MAX_POSTGRES_LOCK_WAIT,
        command_timeout=POSTGRES_STATEMENT_TIMEOUT_S,
        waits_for_restart=True,
    )


@asynccontextmanager
async def _open_event_store(settings: Settings, pool: Pool) -> AsyncIterator[Pool]:
    """Open the event store's pool; yield the main pool if both are one database."""
    if not settings.telemetry_url:
        yield pool
        return
    async with _open_postgres_pool(settings, settings.telemetry_url, name="tenantry-web-events") as own:
        yield own


@asynccontextmanager
async def _open_redis_and_rate_limiter(
    url: str, clock: Callable[[], datetime]
) -> AsyncIterator[tuple[Redis, RateLimiter]]:
    """Open Redis, which may be away, and the rate limiter that uses it.

    Callers set their own timeouts: the timeout of redis-py costs a task per command.
    """
    pool = RedisPool.from_url(url)
    try:
        redis = Redis(connection_pool=pool)
        async with open_rate_limiter(redis, CircuitBreaker(REDIS_BREAKER_PAUSE_S), clock) as limiter:
            yield redis, limiter
    finally:
        await pool.disconnect()
