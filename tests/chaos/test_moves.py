"""An organization moves to another cell while it is in use: nothing is lost, and nothing is sent twice."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from api.auth.api_keys import MOVING_ORGANIZATION_MESSAGE
from db.pool import use_unpooled_pg_connection
from domain.accounts.credentials import TokenGrant
from schemas import ids
from tests import http_server, seeds, servers
from tests.api.all_objects import create_one_of_each
from tests.api.conftest import new_key
from tests.chaos.cells import Cells, open_cells
from tests.chaos.fleet import Fleet
from tests.chaos.platform import Records
from tests.chaos.posts import Withholding
from tests.chaos.publisher import CALLED
from tests.chaos.worker import EFFECT
from tests.waiting import PATIENCE_S, eventually
from tests.workers.tasks.deliver_webhook.scene import DeliveryScene
from tests.workers.webhooks.receiver import WebhookReceiver

pytestmark = [pytest.mark.long, pytest.mark.chaos]

POSTS, ACCOUNTS = 60, 4

#: Functions after which the command is killed, in the order of a move.
POINTS = (
    "db.move.replication:create_publications",
    "db.move.replication:subscribe",
    "db.move.copying:copy_ended_jobs",
    "db.move.copying:copy_event_ids",
    "db.move.freezing:hold_jobs",
    "db.move.freezing:freeze_main_tables",
    "db.move.freezing:freeze_event_tables",
    "db.move.replication:stop_subscription",
    "db.move.copying:copy_event_rows",
    "db.move.copying:copy_main_rows",
    "domain.operations.moving:switch",
    "db.move.replication:drop_replication",
)
PURGE_POINTS = ("db.move.copying:purge_event_rows",)


#: Whether the freeze has reached a table without rows.
ARE_DECISIONS_FROZEN = """
select exists (
  select
    from pg_trigger
   where tgrelid = 'approval_decision'::regclass
     and tgname like '%_freeze')"""


#: Objects of a move that exist in a database or its server.
LEFT_OBJECTS = """
select (select count(*) from pg_subscription)
     + (select count(*) from pg_replication_slots)
     + (select count(*) from pg_publication)
     + (select count(*) from pg_trigger where tgname like 'tenantry_move%')
     + (select count(*) from pg_proc where proname like 'tenantry_move%')"""

ARE_JOBS_HELD = "select exists (select from pg_trigger where tgname like '%_hold')"


class CountingRecords(Records):
    """Counts the calls that create each record."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: Counter[tuple[str, str]] = Counter()

    def put(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.puts[asked["repo"], asked["rkey"]] += 1
        return super().put(asked)


def build_event(event_id: str, person: str) -> dict[str, str]:
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"eventId": event_id, "name": "opened", "anonymousId": person, "occurredAt": at}


@dataclass
class Callers:
    """Callers that repeat each request until its 2xx. `url` is the cell that the proxy would choose."""

    url: str
    key: str
    app_id: str
    app_key: str
    is_over: bool = False
    projects: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0

    async def send(self, http: httpx.AsyncClient, path: str, body: Any, key: str, **headers: str) -> dict[str, Any]:
        """Send a request until it is accepted; return the answer."""
        began = time.monotonic()
        while True:
            try:
                answer = await http.post(
                    f"{self.url}{path}", json=body, headers={"Authorization": f"Bearer {key}", **headers}
                )
            except httpx.TransportError:
                continue
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                assert "Retry-After" in answer.headers, answer.text
                self.refusals[answer.json()["error"]["message"]] += 1
                await asyncio.sleep(0.02)
                continue
            assert answer.is_success, answer.text
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            body_of_answer: dict[str, Any] = answer.json()
            return body_of_answer

    async def create_projects(self, http: httpx.AsyncClient, number: int) -> None:
        for at in count():
            if self.is_over:
                return
            body = {"name": f"Shop {number}-{at}", "timezone": "Europe/Berlin"}
            made = await self.send(http, "/v1/projects", body, self.key, **{"Idempotency-Key": f"p{number}-{at}"})
            self.projects.append(made["id"])

    async def schedule_posts(self, http: httpx.AsyncClient, contents: list[tuple[str, str]]) -> None:
        for content, account in contents:
            due = f"{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
            body = {"targets": [{"socialAccountId": account}], "scheduledFor": due}
            path = f"/v1/content/{content}/schedule"
            made = await self.send(http, path, body, self.key, **{"Idempotency-Key": content})
            self.posts.append(made["scheduledPosts"][0]["id"])
            await asyncio.sleep(0.1)

    async def send_events(self, http: httpx.AsyncClient) -> None:
        for at in count():
            if self.is_over:
                return
            batch = [f"e{at}-{number}" for number in range(5)]
            body = {"events": [build_event(one, f"a{at % 7}") for one in batch]}
            answer = await self.send(http, f"/v1/apps/{self.app_id}/events", body, self.app_key)
            assert answer["rejected"] == []
            self.event_ids += batch


@asynccontextmanager
async def calling(callers: Callers, contents: list[tuple[str, str]]) -> AsyncIterator[None]:
    """Let callers of all kinds send within the block."""
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http, asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(callers.create_projects(http, number))
        group.create_task(callers.schedule_posts(http, contents))
        group.create_task(callers.send_events(http))
        try:
            yield
        finally:
            callers.is_over = True


async def create_scene(fleet: Fleet, records: Records, hook: str) -> tuple[list[tuple[str, str]], Any]:
    """Create accounts at the platform, content for them, an app and a webhook endpoint."""
    contents = []
    async with fleet.pool.acquire() as conn:
        project_id = await seeds.project(conn, fleet.org)
        accounts = [
            await seeds.account(
                conn, fleet.org, project_id, handle=f"shop{at}", platform="bluesky",
                service_url=f"http://{records.host}", external_id=f"did:plc:shop{at}",
                grant=TokenGrant(access_token=f"token-{at}"),
            )
            for at in range(ACCOUNTS)
        ]  # fmt: skip
        for at in range(POSTS):
            content = await seeds.content(conn, fleet.org, project_id, caption=f"Bread number {at}.")
            shown = ids.format_prefixed_id(ids.ACCOUNT, accounts[at % ACCOUNTS])
            contents.append((ids.format_prefixed_id(ids.CONTENT, content), shown))
        app = await seeds.app(
            conn, fleet.org, project_id, platform="ios", bundle_id="com.example.shop", web_domain=None
        )
    await DeliveryScene(fleet.pool, fleet.settings, fleet.org).endpoint(hook)
    return contents, app


async def reaches(read: Callable[[], Awaitable[int]] | Callable[[], int], wanted: int) -> None:
    async def enough() -> bool:
        found = read()
        return (found if isinstance(found, int) else await found) >= wanted

    await eventually(enough)


@pytest.mark.timeout(600)
async def test_an_organization_moves_while_it_is_in_use(
    tmp_path: Path, receiver: WebhookReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    records = CountingRecords()
    async with (
        http_server.serve(records.answer) as records.host,
        open_cells(tmp_path, allow=f"{records.host},{receiver.host}") as cells,
    ):
        contents, app = await create_scene(cells.source, records, receiver.url)
        urls = []
        for fleet in (cells.source, cells.target):
            await fleet.dispatcher()
            await fleet.of_product("publish")
            await fleet.of_product("deliver")
            urls.append(await fleet.serve_api())
        callers = Callers(urls[0], await new_key(cells.source.pool, cells.source.org), app.app_id, app.api_key)
        async with calling(callers, contents):
            await reaches(lambda: len(receiver.asked), 10)
            moving = asyncio.create_task(cells.succeed("--map", str(cells.map_file)))
            await eventually(lambda: asyncio.to_thread(cells.map_file.exists))
            callers.url = urls[1]
            report = await moving
            after_switch = len(callers.projects), len(callers.event_ids)
            await reaches(lambda: len(callers.projects), after_switch[0] + 20)
            await reaches(lambda: len(callers.event_ids), after_switch[1] + 20)
            await reaches(lambda: len(callers.posts), POSTS)
        assert callers.refusals[MOVING_ORGANIZATION_MESSAGE] > 0
        await cells.succeed("--purge")
        await assert_nothing_lost_or_doubled(cells, callers, records, receiver)
    with capsys.disabled():
        sys.stdout.write(
            f"\npause {report['pauseS']:.2f} s; longest request {callers.longest_s:.2f} s; "
            f"{len(callers.projects)} projects, {len(callers.event_ids)} events, {len(callers.posts)} posts\n"
        )


async def resend_events(callers: Callers) -> tuple[int, int]:
    """Send all events again; return the number of new ones, and of duplicates."""
    new = duplicates = 0
    async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
        for at in range(0, len(callers.event_ids), 500):
            body = {"events": [build_event(one, "a") for one in callers.event_ids[at : at + 500]]}
            answer = await callers.send(http, f"/v1/apps/{callers.app_id}/events", body, callers.app_key)
            new, duplicates = new + answer["accepted"], duplicates + answer["duplicates"]
    return new, duplicates


async def assert_nothing_lost_or_doubled(
    cells: Cells, callers: Callers, records: CountingRecords, receiver: WebhookReceiver
) -> None:
    pool = cells.target.pool
    published = "select count(*) from scheduled_post where status = 'published'"
    await reaches(lambda: pool.fetchval(published), POSTS)
    waiting = "select not exists (select from webhook_delivery where status in ('pending', 'delivering'))"
    await eventually(lambda: pool.fetchval(waiting))
    names = {row[0] for row in await pool.fetch("select id from project")}
    assert {seeds.parse_id(ids.PROJECT, one) for one in callers.projects} <= names
    assert len(names) == len(callers.projects) + 1
    assert [*records.puts.values()] == [1] * POSTS
    assert set(receiver.times.values()) == {1}
    told = Counter(
        event["data"]["objectUrl"].rpartition("/")[2]
        for event in (msgspec.json.decode(asked.body) for asked in receiver.asked)
        if event["type"] == "post.published"
    )
    assert told == Counter(callers.posts)
    assert await pool.fetchval("select count(*) from event") == len(callers.event_ids)
    assert await resend_events(callers) == (0, len(callers.event_ids))
    folded = "select coalesce(sum(n), 0) from event_rollup where name = '' "
    await reaches(lambda: pool.fetchval(folded), len(callers.event_ids))
    assert await pool.fetchval(folded) == len(callers.event_ids)
    assert {table: rows.split()[0] for table, rows in (await cells.digests(cells.source)).items()} == dict.fromkeys(
        await cells.digests(cells.source), "0"
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("has_event_store", [False, True])
async def test_a_move_that_is_killed_at_each_step_goes_on(tmp_path: Path, *, has_event_store: bool) -> None:
    async with open_cells(tmp_path, has_event_store=has_event_store) as cells:
        await fill(cells.source)
        before = await cells.digests(cells.source)
        empty = await cells.digests(cells.target)
        for point in POINTS[:-2]:
            await cells.is_killed(point)
        # All can still be undone.
        await cells.succeed("--abort")
        assert await cells.digests(cells.target) == empty
        assert await cells.digests(cells.source) == before
        for point in POINTS:
            await cells.is_killed(point)
        routes = (await cells.succeed())["routes"]
        # Two keys, and two apps in two forms.
        assert len(routes) == 6
        assert await cells.digests(cells.target) == before
        code, output = await cells.move("--abort")
        assert (code, "move it back" in output) == (1, True), output
        for point in PURGE_POINTS:
            await cells.is_killed(point, "--purge")
        await cells.succeed("--purge")
        assert {rows.split()[0] for rows in (await cells.digests(cells.source)).values()} == {"0"}
        assert await cells.digests(cells.target) == before
        for pool in (cells.source.pool, cells.target.pool):
            assert await pool.fetchval(LEFT_OBJECTS) == 0


async def test_a_write_that_began_before_the_pause_moves_too(tmp_path: Path) -> None:
    """The pause waits for its end. A write that begins in the pause fails, and can be repeated."""
    async with open_cells(tmp_path) as cells:
        pool = cells.source.pool
        async with pool.acquire() as early, pool.acquire() as late:
            # A running job keeps the move before its pause.
            await cells.source.submit()
            await seeds.claims(late, EFFECT)
            moving = asyncio.create_task(cells.succeed())
            await eventually(lambda: pool.fetchval(ARE_JOBS_HELD))
            await early.execute("set idle_in_transaction_session_timeout = 0")
            writing = early.transaction()
            await writing.start()
            project_id = await seeds.project(early, cells.source.org)
            await late.execute("delete from job")
            await eventually(lambda: pool.fetchval(ARE_DECISIONS_FROZEN))
            with pytest.raises(asyncpg.LockNotAvailableError):
                await late.execute("insert into approval_decision (organization_id) values ($1)", cells.source.org)
            await writing.commit()
        await moving
        moved = await cells.target.pool.fetchval("select array_agg(id) from project")
        assert moved == [project_id]


async def test_a_move_gives_up_if_a_job_runs_too_long(tmp_path: Path) -> None:
    """The organization goes on at the source, and can move later."""
    records = Withholding()
    async with http_server.serve(records.answer) as records.host, open_cells(tmp_path, allow=records.host) as cells:
        fleet = cells.source
        async with fleet.pool.acquire() as conn:
            project_id = await seeds.project(conn, fleet.org)
            account_id = await seeds.account(
                conn, fleet.org, project_id, handle="shop", platform="bluesky",
                service_url=f"http://{records.host}", external_id="did:plc:shop",
                grant=TokenGrant(access_token="token"),
            )  # fmt: skip
            contents = [await seeds.content(conn, fleet.org, project_id, caption=text) for text in (CALLED, "Later.")]
            await seeds.post(conn, fleet.org, contents[0], account_id)
        await fleet.dispatcher()
        await fleet.of_product("publish")
        await records.taken.wait()
        async with fleet.pool.acquire() as conn:
            await seeds.post(conn, fleet.org, contents[1], account_id)
        code, output = await cells.move("--drain", "0.3")
        assert (code, "1 publish_post" in output) == (1, True), output
        await assert_open_at_source(cells)
        await cells.succeed("--abort")


async def assert_open_at_source(cells: Cells) -> None:
    pool = cells.source.pool
    assert await pool.fetchval("select count(*) from organization where moving_tier is not null") == 0
    assert await pool.fetchval("select count(*) from pg_trigger where tgname like 'tenantry_move%'") == 0
    assert await pool.fetchval("select count(*) from job where pool like 'moving:%'") == 0


async def test_a_failed_copy_opens_the_organization_again(tmp_path: Path) -> None:
    async with open_cells(tmp_path) as cells:
        for fleet in (cells.source, cells.target):
            await new_key(fleet.pool, fleet.org)
        key_id = await cells.source.pool.fetchval("select key_id from api_key")
        await cells.target.pool.execute("update api_key set key_id = $1", key_id)
        code, output = await cells.move()
        assert (code, "api_key_key_id_key" in output) == (1, True), output
        await assert_open_at_source(cells)
        await cells.target.pool.execute("delete from api_key")
        await cells.succeed()


def rotated(keyring: str) -> str:
    return keyring.replace("test:", "other:")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"vault_keys": rotated(servers.KEYRING)}, "VAULT_KEYS of the target lacks test"),
        ({"peppers": rotated(servers.KEYRING)}, "PEPPERS of the target lacks test"),
        ({"assets_url": "file:///elsewhere"}, "ASSETS_URL differs"),
    ],
)
async def test_cells_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, str], reason: str) -> None:
    async with open_cells(tmp_path) as cells:
        assert (await cells.succeed("--dry-run"))["state"] == "can move"
        cells.write_target(**changes)
        code, output = await cells.move()
        assert (code, reason in output) == (1, True), output
        assert await cells.source.pool.fetchval("select count(*) from pg_publication") == 0


async def fill(fleet: Fleet) -> None:
    """Create an object of each kind, and events, with processes that end afterwards."""
    key = await new_key(fleet.pool, fleet.org)
    url = await fleet.serve_api()
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S, trust_env=False) as http:
        made = await create_one_of_each(http, fleet.pool)
        async with fleet.pool.acquire() as conn:
            project_id: UUID = seeds.parse_id(ids.PROJECT, made["projectId"])
            app = await seeds.app(conn, fleet.org, project_id, platform="ios", bundle_id="a.b", web_domain=None)
        body = {"events": [build_event(f"e{at}", "a") for at in range(20)]}
        sent = await http.post(
            f"/v1/apps/{app.app_id}/events", json=body, headers={"Authorization": f"Bearer {app.api_key}"}
        )
        assert sent.json()["accepted"] == 20
    await fleet.dispatcher()
    await eventually(lambda: is_folded(fleet))
    fleet.end()


async def is_folded(fleet: Fleet) -> bool:
    async with use_unpooled_pg_connection(fleet.settings.event_store_url, name="test") as conn:
        queues = "select not exists (select from event_delta) and not exists (select from event_person_delta)"
        return bool(await conn.fetchval(queues))
