"""An organization moves to another cell while it is in use: nothing is lost, and nothing is sent twice."""

import asyncio
import copy
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio

from api.auth.api_keys import MOVING_ORGANIZATION_MESSAGE
from chaos.proxy import ServerAddress, open_fault_proxy
from db.pool import Pool, use_unpooled_pg_connection
from db.queries import sandbox_clock
from domain.operations import moving_cells
from domain.tenancy import organizations
from jobs import maintenance
from schemas import ids
from schemas.errors import OrganizationMoveLocked, StateConflict
from tests import http_server, seeds, servers
from tests.api.conftest import new_key
from tests.chaos.cells import Cells, assert_open_at_source, fill, open_cells
from tests.chaos.fleet import Fleet
from tests.chaos.move_callers import (
    POSTS,
    Callers,
    CountingRecords,
    build_event,
    calling,
    create_project_with_events,
    create_scene,
    reaches,
)
from tests.chaos.worker import EFFECT
from tests.waiting import PATIENCE_S, eventually
from tests.workers.webhooks.receiver import WebhookReceiver

pytestmark = [pytest.mark.long, pytest.mark.chaos, pytest.mark.timeout(600)]

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

#: The last function before the jobs are held.
CAUGHT_UP = "db.move.copying:copy_event_ids"

#: Objects of a move that exist in a database or its server.
LEFT_OBJECTS = """
select (select count(*) from pg_subscription)
     + (select count(*) from pg_replication_slots)
     + (select count(*) from pg_publication)
     + (select count(*) from pg_trigger where tgname like 'tenantry_move%')
     + (select count(*) from pg_proc where proname like 'tenantry_move%')"""

ARE_JOBS_HELD = "select exists (select from queued_kind where rest_until = 'infinity')"
#: Name of the command's sessions.
MOVER = "tenantry-move"
IS_CLOSED = "select exists (select from organization where moving_to is not null)"
IS_SLOT_IDLE = "select not exists (select from pg_replication_slots where active)"
HAS_SUBSCRIPTION = "select exists (select from pg_subscription)"


@pytest_asyncio.fixture(scope="module")
async def both_cells(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cells]:
    async with open_cells(tmp_path_factory.mktemp("cells")) as opened:
        yield opened


@pytest_asyncio.fixture
async def cells(both_cells: Cells, tmp_path: Path) -> AsyncIterator[Cells]:
    """Yield the cells with a new organization. After its test no object of a move is left."""
    await both_cells.renew(tmp_path, telemetry_url="", fetch_allow="")
    yield both_cells
    for fleet in (both_cells.source, both_cells.target):
        assert await fleet.pool.fetchval(LEFT_OBJECTS) == 0


async def test_an_organization_moves_while_it_is_in_use(
    cells: Cells, tmp_path: Path, receiver: WebhookReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    records = CountingRecords()
    async with http_server.serve(records.answer) as records.host:
        await cells.renew(tmp_path, fetch_allow=f"{records.host},{receiver.host}")
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
        assert await is_empty(cells.source, cells)
    with capsys.disabled():
        sys.stdout.write(
            f"\npause {report['pauseS']:.2f} s; longest request {callers.longest_s:.2f} s; "
            f"{len(callers.projects)} projects, {len(callers.event_ids)} events, {len(callers.posts)} posts\n"
        )
    password = urlsplit(cells.source.settings.database_url).password
    log = cells.target_server.log.read_text()
    assert password
    assert "make_event_days" in log
    assert password not in log


async def is_empty(fleet: Fleet, cells: Cells) -> bool:
    """Return whether only the organization's and its sandbox's marks are left."""
    counts = {table: rows.split()[0] for table, rows in (await cells.digests(fleet)).items()}
    return counts.pop("organization") == "2" and {*counts.values()} == {"0"}


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
    pool, orgs = cells.target.pool, cells.organization_ids
    published = "select count(*) from scheduled_post where organization_id = any($1) and status = 'published'"
    await reaches(lambda: pool.fetchval(published, orgs), POSTS)
    is_told = """select not exists (
        select from webhook_delivery where organization_id = any($1) and status in ('pending', 'delivering'))"""
    await eventually(lambda: pool.fetchval(is_told, orgs))
    projects = {row[0] for row in await pool.fetch("select id from project where organization_id = any($1)", orgs)}
    assert {seeds.parse_id(ids.PROJECT_ID_PREFIX, one) for one in callers.projects} <= projects
    assert len(projects) == len(callers.projects) + 1
    assert [*records.puts.values()] == [1] * POSTS
    assert set(receiver.times.values()) == {1}
    told = Counter(
        event["data"]["objectUrl"].rpartition("/")[2]
        for event in (msgspec.json.decode(asked.body) for asked in receiver.asked)
        if event["type"] == "post.published"
    )
    assert told == Counter(callers.posts)
    events = "select count(*) from event where project_id = any($1)"
    assert await pool.fetchval(events, projects) == len(callers.event_ids)
    assert await resend_events(callers) == (0, len(callers.event_ids))
    folded = "select coalesce(sum(n), 0) from event_rollup where name = '' and project_id = any($1)"
    await reaches(lambda: pool.fetchval(folded, projects), len(callers.event_ids))
    assert await pool.fetchval(folded, projects) == len(callers.event_ids)


async def test_a_move_that_is_killed_at_each_step_goes_on(cells: Cells, tmp_path: Path) -> None:
    """Both event stores are databases of their own. The rows of a neighbor stay."""
    cells.use_event_stores()
    await fill(cells.source)
    neighbors = cells.organization_ids
    await cells.renew(tmp_path)
    await fill(cells.source)
    neighbor = await cells.digests(cells.source, neighbors)
    before = await cells.digests(cells.source)
    empty = await cells.digests(cells.target)
    await cells.source.pool.execute("select setval('webhook_version', 1000000)")
    await cells.is_killed(POINTS[-3])
    await cells.succeed("--abort")
    assert await cells.digests(cells.target) == empty
    assert await cells.digests(cells.source) == before
    for point in POINTS:
        await cells.is_killed(point)
    code, output = await cells.move()
    assert (code, "only the end of the move is left" in output) == (0, True), output
    assert await cells.target.pool.fetchval("select nextval('webhook_version')") > 1_000_000
    # Two keys, and two apps in two forms.
    assert len(msgspec.json.decode(output.splitlines()[-1])["routes"]) == 6
    assert await cells.digests(cells.target) == before
    await cells.refused("is open at the target", "--abort")
    assert (await cells.succeed("--purge", "--dry-run"))["purgedRows"] > 50
    await cells.is_killed("db.move.copying:purge_event_rows", "--purge")
    await cells.succeed("--purge")
    assert await is_empty(cells.source, cells)
    assert await cells.digests(cells.target) == before
    assert await cells.digests(cells.source, neighbors) == neighbor


async def change_mark(pool: Pool, org: UUID, by: int) -> None:
    """Change the target's id in the frozen row of a moved organization."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("set local session_replication_role = replica")
        await conn.execute("update organization set moving_to = moving_to + $2 where id = $1", org, by)


async def test_the_marks_of_a_move_refuse_all_others(cells: Cells) -> None:
    """A due job moves with its kind, so that the target's pull finds it."""
    pool, org = cells.source.pool, cells.source.org
    await cells.source.submit()
    await pool.execute("update organization set moving_to = 1 where id = $1", org)
    await cells.refused("to another cell than that of --to")
    await pool.execute("update organization set moving_to = null where id = $1", org)
    await cells.succeed()
    await change_mark(pool, org, 1)
    await cells.refused("to another cell than that of --to", "--purge")
    await change_mark(pool, org, -1)
    kinds = "select count(*) from queued_kind where organization_id = $1 and rest_until is null"
    assert await cells.target.pool.fetchval(kinds, org) == 1
    before = await cells.digests(cells.target)
    back = copy.copy(cells)
    back.source, back.target = copy.copy(cells.target), cells.source
    back.source.org = org
    back.write_target()
    for words in ((), ("--dry-run",), ("--abort",), ("--purge",)):
        await back.refused("purge them there first", *words)
    cells.write_target()
    await cells.succeed("--purge")
    assert await cells.digests(cells.target) == before
    for words in ((), ("--abort",), ("--purge",)):
        await cells.refused("has left this cell, and is purged here", *words)
    async with pool.acquire() as conn:
        with pytest.raises(StateConflict, match="moved"):
            await organizations.change_organization_tier_and_suspension(
                conn, organization_id=org, tier=None, suspended=True, actor=None
            )
    back.write_target()
    await back.succeed()
    assert await cells.digests(cells.source) == before
    await back.succeed("--purge")
    cells.write_target()


async def test_a_long_pause_is_rolled_back(cells: Cells) -> None:
    """A write that began before the pause is waited for. A job that begins in it, and the limit, end the move."""
    pool = cells.source.pool
    await cells.is_killed(CAUGHT_UP)
    async with pool.acquire() as early:
        await early.execute("set idle_in_transaction_session_timeout = 0")
        writing = early.transaction()
        await writing.start()
        project_id = await seeds.project(early, cells.source.org)
        await cells.refused("the pause took more than 0.5 s", "--pause", "0.5")
        await assert_open_at_source(cells)
        async with pool.acquire() as conn:
            assert await seeds.claims(conn, EFFECT) == []
        [job_id] = await cells.source.submit()
        process = cells.start()
        await eventually(lambda: pool.fetchval(IS_CLOSED))
        await pool.execute(
            """update job
                  set state = 'running', stage = 'starting', attempt = 1, fence = 1, started_at = now(),
                      attempt_started_at = now(), attempt_deadline_at = now(),
                      lease_owner = (select id from worker limit 1)
                where id = $1""",
            job_id,
        )
        await writing.commit()
    code, output = await cells.ended(process)
    assert (code, "jobs began during the pause" in output) == (1, True), output
    await assert_open_at_source(cells)
    await pool.execute("delete from job where id = $1", job_id)
    async with pool.acquire() as early, early.transaction():
        await seeds.project(early, cells.source.org)
        process = cells.start()
        await eventually(lambda: pool.fetchval(IS_CLOSED))
        await pool.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", MOVER)
        code, output = await cells.ended(process)
        assert (code, "The organization is open here: run" in output) == (1, True), output
        await assert_open_at_source(cells)
    await cells.succeed()
    moved = await cells.target.pool.fetchval("select array_agg(id) from project where id = $1", project_id)
    assert moved == [project_id]
    await cells.succeed("--purge")


async def test_a_running_job_or_a_signal_ends_a_move(cells: Cells) -> None:
    """The organization goes on at the source, and its jobs are claimed again."""
    await cells.source.submit(2)
    async with cells.source.pool.acquire() as conn:
        assert len(await seeds.claims(conn, EFFECT, free=1)) == 1
        await cells.refused("1 write_effect", "--drain", "0.3")
        await assert_open_at_source(cells)
        for signum in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            process = cells.start()
            await eventually(lambda: cells.source.pool.fetchval(ARE_JOBS_HELD))
            assert await seeds.claims(conn, EFFECT) == []
            process.send_signal(signum)
            code, output = await cells.ended(process)
            assert (code, f"ended by {signum.name}" in output) == (1, True), output
            await assert_open_at_source(cells)
        assert len(await seeds.claims(conn, EFFECT)) == 1
    await cells.succeed("--abort")


async def test_a_dump_delays_the_pause_and_another_command_the_move(
    cells: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cells.source.settings.database_url
    async with use_unpooled_pg_connection(url, name="pg_dump") as dump, dump.transaction():
        await dump.execute("lock table project in access share mode")
        await cells.refused("pg_dump (pid ", "--drain", "0.3")
    await assert_open_at_source(cells)
    processes = {log: cells.start(log=log) for log in ("first.log", "second.log")}
    outputs = [await cells.ended(process, log) for log, process in processes.items()]
    assert [code for code, _ in outputs] == [0, 0], outputs
    assert ["only the end of the move is left" in output for _, output in outputs].count(True) == 1
    monkeypatch.setattr(moving_cells, "MAX_MOVE_LOCK_WAIT", "50ms")
    open_move = partial(
        moving_cells.open_move,
        cells.source.settings,
        cells.target.settings,
        organization_id=cells.source.org,
        report=print,
    )
    with pytest.raises(OrganizationMoveLocked):
        async with open_move(), open_move():
            pass
    await cells.succeed("--purge")


async def test_a_failed_reload_or_a_late_signal_leaves_the_end_of_a_move(cells: Cells) -> None:
    code, output = await cells.move("--map", str(cells.map_file), "--reload", "sh -c 'kill -TERM $PPID'")
    assert (code, "ended by SIGTERM: the organization is open at the target" in output) == (1, True), output
    await cells.refused("The organization is open at the target", "--map", str(cells.map_file), "--reload", "false")
    assert (await cells.succeed("--map", str(cells.map_file), "--reload", "true"))["state"] == "moved"
    await cells.succeed("--purge")


async def test_a_silent_network_delays_the_copy_and_ends_the_pause(cells: Cells) -> None:
    pool, url = cells.source.pool, urlsplit(cells.source.settings.database_url)
    async with open_fault_proxy(ServerAddress(str(url.hostname), int(url.port or 0))) as proxy, pool.acquire() as early:
        port = proxy.address.port
        proxied = cells.source.settings.database_url.replace(f":{url.port}/", f":{port}/")
        process = cells.start(point=CAUGHT_UP, database_url=proxied)
        await eventually(lambda: cells.target.pool.fetchval(HAS_SUBSCRIPTION))
        proxy.hold_data()
        await seeds.project(early, cells.source.org)
        proxy.resume_forwarding()
        assert (await cells.ended(process))[0] == -signal.SIGKILL
        await early.execute("set idle_in_transaction_session_timeout = 0")
        writing = early.transaction()
        await writing.start()
        project_id = await seeds.project(early, cells.source.org)
        process = cells.start("--pause", "2", database_url=proxied)
        await eventually(lambda: pool.fetchval(IS_CLOSED))
        proxy.hold_data()
        await eventually(lambda: asyncio.to_thread(says_rollback, cells))
        await writing.commit()
        proxy.resume_forwarding()
        code, output = await cells.ended(process)
        assert (code, "the pause took more than 2 s" in output) == (1, True), output
        await assert_open_at_source(cells)
        await cells.succeed(database_url=proxied)
        await cells.succeed("--purge")
    assert await cells.target.pool.fetchval("select count(*) from project where id = $1", project_id) == 1


def says_rollback(cells: Cells) -> bool:
    return "opening the organization at the source again" in (cells.folder / "move.log").read_text()


async def test_a_lost_slot_or_row_ends_a_move(cells: Cells) -> None:
    source, target = cells.source.pool, cells.target.pool
    async with source.acquire() as conn:
        await seeds.project(conn, cells.source.org)
    await cells.is_killed("db.move.replication:subscribe")
    await target.execute(f"alter subscription {await target.fetchval('select subname from pg_subscription')} disable")
    drop_slot = "select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active"
    await eventually(lambda: source.fetchval(IS_SLOT_IDLE))
    await source.execute(drop_slot)
    await cells.refused("has lost the slot")
    await cells.succeed("--abort")
    await source.execute("select make_event_days(current_date - 12, current_date)")
    async with source.acquire() as conn:
        await create_project_with_events(conn, cells.source.org, days_ago=11)
    await cells.is_killed(CAUGHT_UP)
    await target.execute("delete from event where event_id = 'one'")
    await cells.refused("event has 2 and 1 rows")
    await source.execute("delete from event where event_id = 'one'")
    await target.execute("delete from project where organization_id = $1", cells.source.org)
    await cells.refused("project has 2 and 0 rows")
    await assert_open_at_source(cells)
    await cells.succeed("--abort")
    await cells.succeed()
    assert await target.fetchval("select count(*) from project where organization_id = $1", cells.source.org) == 2
    await cells.succeed("--purge")


async def test_aged_rows_and_events_of_purged_projects_move_right(cells: Cells) -> None:
    """An old job to which a row refers stays, and no event of a purged project arrives.

    The sandbox's clock advances between the copy and the pause.
    """
    source, org = cells.source.pool, cells.source.org
    await fill(cells.source)
    age = "update job set finished_at = finished_at - interval '40 days' where organization_id = $1"
    await source.execute(age, org)
    async with source.acquire() as conn:
        purged, purging = [await create_project_with_events(conn, org) for _ in range(2)]
    [sandbox] = {*cells.organization_ids} - {org}
    await source.execute(
        """insert into job
           select (jsonb_populate_record(j, jsonb_build_object(
                      'organization_id', $2::uuid, 'project_id', null, 'state', 'completed', 'stage', 'completed',
                      'finished_at', now() - interval '1 hour'))).*
             from job j
            where organization_id = $1""",
        org,
        sandbox,
    )
    await cells.is_killed(CAUGHT_UP)
    async with source.acquire() as conn, cells.target.pool.acquire() as target:
        await sandbox_clock.age_jobs.run(conn, org=sandbox, own=UUID(int=0), by=timedelta(days=3))
        await maintenance.prune_ended_jobs(target)
    await source.execute("delete from event where project_id = $1", purged)
    await source.execute("delete from project where id = $1", purged)
    await source.execute(
        "update project set status = 'archived', archived_at = now(), purging_at = now() where id = $1", purging
    )
    await source.execute("delete from event where project_id = $1 and event_id = 'one'", purging)
    before = await cells.digests(cells.source)
    await cells.succeed()
    # The ids of the events above are new to the store.
    after = await cells.digests(cells.target)
    assert after | {"event_seen": before["event_seen"]} == before
    assert await cells.target.pool.fetchval("select count(*) from event where project_id = $1", purged) == 0
    await cells.succeed("--purge")


async def test_a_failed_copy_opens_the_organization_again(cells: Cells) -> None:
    async with cells.target.pool.acquire() as conn:
        neighbor = await seeds.organization(conn)
    await new_key(cells.source.pool, cells.source.org)
    await new_key(cells.target.pool, neighbor)
    key_id = await cells.source.pool.fetchval("select key_id from api_key where organization_id = $1", cells.source.org)
    await cells.target.pool.execute("update api_key set key_id = $1 where organization_id = $2", key_id, neighbor)
    await cells.refused("api_key_key_id_key")
    await assert_open_at_source(cells)
    await cells.succeed("--abort")


def rotated(keyring: str) -> str:
    return keyring.replace("test:", "other:")


async def test_cells_that_do_not_fit_are_refused(cells: Cells) -> None:
    code, output = await cells.move("--dry-run")
    assert (code, "files aren't copied" in output, '"can move"' in output) == (0, True, True), output
    for changes, reason in (
        ({"vault_keys": rotated(servers.KEYRING)}, "VAULT_KEYS of the target lacks test"),
        ({"peppers": rotated(servers.KEYRING)}, "PEPPERS of the target lacks test"),
        ({"assets_url": "file:///elsewhere"}, "ASSETS_URL differs"),
        ({"event_days": 10}, "EVENT_DAYS of the target is smaller"),
    ):
        cells.write_target(**changes)
        await cells.refused(reason)
    cells.write_target(database_url=cells.source.settings.database_url)
    await cells.refused("both cells use the same PostgreSQL server")
    assert await cells.source.pool.fetchval("select count(*) from pg_publication") == 0
