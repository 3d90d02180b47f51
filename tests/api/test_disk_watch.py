"""Watermarks of the databases' disks: events close first, and by share, then uploads, posts never."""

import random
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import set_api_settings_and_clock
from api.events import requests
from api.limits import disk_watch
from api.limits.disk_watch import DiskIntakeSwitch, DiskWatch, WatchedDisk
from api.services import ApiServices
from db.pool import Pool, open_postgres_pool, use_unpooled_pg_connection
from domain.events import budgets
from domain.operations import disk
from domain.operations.disk import EVENT_INTAKE_DISK_WATERMARK, DatabaseDiskUse, IntakeClosingDiskWatermark
from schemas.errors import ServiceUnavailable
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, built_app, client_of, hold_context, open_caller
from tests.api.content.project import UploadProject, file
from tests.api.events.sender import PHONE, EventSender, event, read_counts, sender
from tests.api.refusals import assert_refused
from tests.s3.storages import MediaStorage
from tests.servers import ServerPair

SIZE = 1_000


class Filled:
    """A disk of `SIZE` bytes that a test fills."""

    app: Litestar

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._used = 0

        async def measure(_: Any) -> DatabaseDiskUse:
            return DatabaseDiskUse(self._used, 0, sees_wal=True)

        monkeypatch.setattr(disk, "measure_disk_use_of_databases_and_wal", measure)

    async def to(self, part: float) -> DiskWatch:
        """Set the used fraction, and measure all classes."""
        self._used = round(part * SIZE)
        services: ApiServices = self.app.state.services
        await services.events.disks.measure_disks_and_switch_intake()
        return services.events.disks


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> Filled:
    return Filled(monkeypatch)


@pytest_asyncio.fixture
async def app(settings: Settings, filled: Filled, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Litestar]:
    """An API on that disk, which it measures only at its start."""
    monkeypatch.setattr(disk_watch, "DISK_MEASURE_INTERVAL_S", 3_600.0)
    monkeypatch.setattr(disk_watch, "FULL_DISK_MEASURE_INTERVAL_S", 3_600.0)
    monkeypatch.setattr(requests, "MAX_LIMIT_REFUSAL_CACHE_S", 0.0)
    sized = msgspec.structs.replace(settings, database_disk_bytes=SIZE)
    filled.app = served = set_api_settings_and_clock(built_app(), sized)
    async with hold_context(served.lifespan()):
        yield served


async def test_events_close_first_and_uploads_second(
    filled: Filled, acme: ApiCaller, anonymous: httpx.AsyncClient, media_kept: MediaStorage
) -> None:
    await filled.to(0.1)
    phone = await sender(acme, anonymous, PHONE)
    project = UploadProject(acme, phone.project, media_kept)
    body = {"projectId": phone.project, "sdkAppId": phone.app["appId"], "events": [event(1)]}
    calls: dict[str, Callable[[], Any]] = {
        "events": lambda: phone.send(event(1)),
        "segment": lambda: phone.post(b'{"batch":[{"type":"track","event":"a"}]}', at="/v1/b"),
        "server": lambda: acme.http.post("/v1/events", json=body),
        "upload": lambda: project.upload(file()),
        "other": lambda: acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"}),
    }
    events = {"events", "segment", "server"}
    for part, closed in (
        (0.7, set[str]()),
        (0.91, events),
        (0.86, events),
        (0.96, events | {"upload"}),
        (0.91, events | {"upload"}),
        (0.89, events),
        (0.84, set[str]()),
    ):
        await filled.to(part)
        for name, call in calls.items():
            answer = await call()
            if name in closed:
                assert_refused(answer, 503, "UNAVAILABLE")
                assert answer.headers["Retry-After"] == str(disk_watch.DISK_FULL_RETRY_AFTER_S)
            else:
                assert answer.is_success, (part, name, answer.text)
    assert media_kept.names()


@pytest_asyncio.fixture
async def shop(acme: ApiCaller, anonymous: httpx.AsyncClient) -> EventSender:
    return await sender(acme, anonymous)


async def test_largest_budget_share_is_refused_first(
    filled: Filled, app: Litestar, pool: Pool, shop: EventSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part counts, not the amount, so that a large partner isn't refused before a small one."""
    tiers = {
        "standard": budgets.TierDailyEventLimits(100, 1 << 30),
        "partner": budgets.TierDailyEventLimits(1_000, 1 << 30),
    }
    monkeypatch.setattr(budgets, "EVENT_DAY_LIMITS_BY_TIER", tiers)
    async with (
        open_caller(app, pool, "Rival") as rival,
        open_caller(app, pool, "Large", tier="partner") as partner,
        client_of(app) as http,
    ):
        small, large = await sender(rival, http), await sender(partner, http)
        for one, many in ((shop, 60), (small, 5), (large, 100)):
            assert read_counts(await one.send(*(event(number) for number in range(many))))[0] == many

        async def takes() -> list[int]:
            return [(await one.send(event(0))).status_code for one in (shop, small, large)]

        await filled.to(0.82)
        assert await takes() == [202, 202, 202]
        await filled.to(0.85)
        assert await takes() == [503, 202, 202]
        await filled.to(0.893)
        assert await takes() == [503, 202, 503]
        await filled.to(0.9)
        assert await takes() == [503, 503, 503]
        # A page can read the answer, and when to retry.
        answer = await shop.send(event(1), headers={"Origin": "https://shop.example"})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (503, "*")
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
        await filled.to(0.5)
        assert await takes() == [202, 202, 202]


@pytest.mark.parametrize("seed", range(5))
def test_watermark_has_hysteresis(seed: int) -> None:
    chance, closed = random.Random(seed), False
    watermark = DiskIntakeSwitch("test", IntakeClosingDiskWatermark(0.9, 0.85))
    for _ in range(500):
        part = chance.uniform(0.7, 1.05)
        watermark.switch_by_disk_use(part)
        closed = True if part >= 0.9 else False if part < 0.85 else closed
        assert watermark.is_closed is closed


async def test_without_a_size_nothing_is_measured(settings: Settings) -> None:
    app = set_api_settings_and_clock(built_app(), settings)
    async with hold_context(app.lifespan()):
        services: ApiServices = app.state.services
        assert services.events.disks.disks == []
        services.events.disks.check_event_intake_open()
        services.events.disks.refuse_heavy_event_sender(1.1)
        services.events.disks.check_upload_intake_open()


async def test_failed_measurement_keeps_the_previous_one_and_stops_no_other(
    own_servers: ServerPair, pool: Pool
) -> None:
    """Event intake must close while the main database is away, and uploads while the event store is away."""
    url = own_servers.postgres.url
    settings = Settings(database_url=url, peppers="", vault_keys="", database_disk_bytes=1)
    async with use_unpooled_pg_connection(url, name="test") as conn:
        used = (await disk.measure_disk_use_of_databases_and_wal(conn)).used_bytes
    settings = msgspec.structs.replace(
        settings, database_disk_bytes=round(used / (EVENT_INTAKE_DISK_WATERMARK.closes + 0.02))
    )
    async with open_postgres_pool(url, name="test") as away, disk_watch.open_disk_watch(settings, away, away) as watch:
        await watch.measure_disks_and_switch_intake()
        own_servers.postgres.stop()
        with pytest.raises(ServiceUnavailable):
            await watch.measure_disks_and_switch_intake()
        with pytest.raises(ServiceUnavailable):
            watch.check_event_intake_open()
        full, unknown = (WatchedDisk("DATABASE_DISK_BYTES", 1, pool), WatchedDisk("TELEMETRY_DISK_BYTES", 1, away))
        closed, opened = DiskWatch(full, unknown), DiskWatch(unknown, full)
        for both in (closed, opened):
            with pytest.raises(ServiceUnavailable):
                await both.measure_disks_and_switch_intake()
            with pytest.raises(ServiceUnavailable):
                both.check_event_intake_open()
        with pytest.raises(ServiceUnavailable):
            closed.check_upload_intake_open()
        opened.check_upload_intake_open()
        own_servers.postgres.start_and_wait_until_ready()


async def test_role_without_log_access_counts_the_maximum_log(own_servers: ServerPair) -> None:
    """A role that sees the log counts at least as much: PostgreSQL may use it at any time."""
    parts = urlsplit(own_servers.postgres.url)
    async with use_unpooled_pg_connection(own_servers.postgres.url, name="test") as conn:
        await conn.execute("create role small login password 'small'")
        limit = await conn.fetchval("select pg_size_bytes(current_setting('max_wal_size'))")
        all_seen = await disk.measure_disk_use_of_databases_and_wal(conn)
        mine = await conn.fetchval("select pg_database_size(current_database())")
    assert all_seen.sees_wal
    assert all_seen.wal >= limit
    assert mine <= all_seen.data
    netloc = f"small:small@{parts.netloc.rpartition('@')[2]}"
    async with use_unpooled_pg_connection(urlunsplit(parts._replace(netloc=netloc)), name="test") as conn:
        seen = await disk.measure_disk_use_of_databases_and_wal(conn)
    assert (seen.wal, seen.sees_wal) == (limit, False)
    assert abs(seen.data - all_seen.data) < 1 << 22
