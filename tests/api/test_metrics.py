"""Metrics: a series in the project's time zone, of all data committed before the request."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from api.app import set_api_settings_and_clock
from db.pool import Conn, Pool, use_unpooled_pg_connection
from db.queries import event_delta
from domain.events import folds
from domain.events.event_names import MAX_COUNTED_EVENT_NAMES
from schemas.settings import Settings
from tests import databases, seeds
from tests import servers as made
from tests.api.conftest import ApiCaller, built_app, hold_context, open_caller, read_answer, uuid_of
from tests.api.participants import new_project, open_participants
from tests.api.refusals import assert_refused
from tests.domain.events.sending import event, fold_all, send

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

#: An hour in the past.
THEN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 2 * HOUR


@pytest_asyncio.fixture
async def project(acme: ApiCaller) -> str:
    return await new_project(acme)


async def read_metrics(caller: ApiCaller, project: str, **params: str) -> dict[str, Any]:
    return read_answer(await caller.http.get(f"/v1/projects/{project}/metrics", params=params))


async def test_events_are_counted_at_once_and_once(acme: ApiCaller, project: str, conn: Conn) -> None:
    """Counted before and after the rollup, without other projects' events."""
    project_id = uuid_of(project)
    await send(conn, [event(n, project_id=project_id, occurred_at=THEN) for n in range(3)])
    await send(conn, [event(n, occurred_at=THEN) for n in range(5)])
    params = {"metrics": "events", "granularity": "hour"}
    params |= {"since": seeds.in_utc(THEN - HOUR), "until": seeds.in_utc(THEN + 2 * HOUR)}
    before = await read_metrics(acme, project, **params)
    assert [bucket["values"] for bucket in before["series"]] == [{"events": 0}, {"events": 3}, {"events": 0}]
    assert before["series"][1]["bucket"] == seeds.in_utc(THEN)
    assert (before["timezone"], before["totals"]) == ("UTC", {"events": 3})
    await fold_all(conn)
    await send(conn, [event(3, project_id=project_id, occurred_at=THEN)])
    assert (await read_metrics(acme, project, **params))["totals"] == {"events": 4}


async def test_an_answer_says_until_when_events_are_counted(
    acme: ApiCaller, project: str, pool: Pool, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a fold holds the project's shard, the answer has the folded events only, and an earlier time."""
    monkeypatch.setattr(folds, "MAX_READ_FOLD_STATEMENT_MS", 50)
    project_id = uuid_of(project)

    async def read() -> tuple[timedelta, int, int]:
        now = datetime.now(UTC)
        found = await read_metrics(acme, project, metrics="events,active_users")
        sums = read_answer(await acme.http.get(f"/v1/projects/{project}/conversions"))
        assert (found["totals"]["events"], found["totals"]["active_users"]) == (sums["totals"]["count"],) * 2
        metrics_wait, sums_wait = (now - datetime.fromisoformat(each["asOf"]) for each in (found, sums))
        assert (metrics_wait > HOUR) == (sums_wait > HOUR)
        return metrics_wait, sums["totals"]["count"], found["totals"]["active_users"]

    for number in range(2):
        one = event(number, project_id=project_id, occurred_at=THEN, name="sign_up", user_id=f"user {number}")
        await send(conn, [one])
        for queue in ("event_delta", "event_person_delta"):
            await conn.execute(f"update {queue} set queued_at = now() - interval '2 hours'")
        async with pool.acquire() as other, other.transaction():
            await event_delta.lock_shard_of_project.value(other, project_id=project_id)
            wait, *counts = await read()
        assert wait >= 2 * HOUR
        assert counts == [number, number]
        wait, *counts = await read()
        assert wait < HOUR
        assert counts == [number + 1, number + 1]


async def test_a_project_that_is_archived_or_has_another_zone_is_counted_by_its_zone(
    acme: ApiCaller, project: str, conn: Conn
) -> None:
    """The zone changes twice; the rollups are cut again each time."""
    await send(conn, [event(1, project_id=uuid_of(project), occurred_at=THEN)])
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        await acme.http.patch(f"/v1/projects/{project}", json={"timezone": zone})
        found = await read_metrics(acme, project, metrics="events")
        days = {bucket["bucket"]: bucket["values"]["events"] for bucket in found["series"]}
        assert {day: n for day, n in days.items() if n} == {f"{THEN.astimezone(ZoneInfo(zone)):%Y-%m-%d}": 1}
    await acme.http.delete(f"/v1/projects/{project}")
    assert (await read_metrics(acme, project, metrics="events"))["totals"] == {"events": 1}


async def test_people_are_counted_once_in_the_window(acme: ApiCaller, project: str, conn: Conn) -> None:
    """A person who came in two hours is counted in each, but once in total."""
    sent = [(THEN, "ana"), (THEN, "bea"), (THEN + HOUR, "ana"), (THEN + HOUR, None)]
    await send(
        conn, [event(n, project_id=uuid_of(project), occurred_at=at, user_id=who) for n, (at, who) in enumerate(sent)]
    )
    params = {"metrics": "active_users", "granularity": "hour"}
    params |= {"since": seeds.in_utc(THEN), "until": seeds.in_utc(THEN + 2 * HOUR)}
    found = await read_metrics(acme, project, **params)
    assert [bucket["values"]["active_users"] for bucket in found["series"]] == [2, 1]
    assert found["totals"] == {"active_users": 2}


async def test_event_names_over_the_limit_are_grouped(acme: ApiCaller, project: str, conn: Conn) -> None:
    await conn.execute("insert into event_name_count values ($1, $2)", uuid_of(project), MAX_COUNTED_EVENT_NAMES)
    names = ["new", "newer", "sign_up"]
    await send(
        conn, [event(n, project_id=uuid_of(project), occurred_at=THEN, name=name) for n, name in enumerate(names)]
    )
    for _ in ("in the queue", "folded"):
        found = await read_metrics(acme, project, metrics="events,other_events")
        assert found["totals"] == {"events": 3, "other_events": 2}
        params = {"eventNames": "new,sign_up,(other)", "groupBy": "eventName"}
        answer = await acme.http.get(f"/v1/projects/{project}/conversions", params=params)
        counts = {group["eventName"]: group["count"] for group in answer.json()["groups"]}
        assert counts == {"sign_up": 1, "(other)": 2}
        await fold_all(conn)


async def test_users_before_the_first_recording_are_null(acme: ApiCaller, project: str, conn: Conn) -> None:
    """A store with events of an earlier release. Hours without events have no users."""
    sent = [(THEN - HOUR, None), (THEN - HOUR, None), (THEN + DAY, "ana")]
    await send(
        conn, [event(n, project_id=uuid_of(project), occurred_at=at, user_id=who) for n, (at, who) in enumerate(sent)]
    )
    params = {"metrics": "events,active_users", "since": seeds.in_utc(THEN - DAY)}
    found = await read_metrics(acme, project, **params, until=seeds.in_utc(THEN + DAY + HOUR))
    days = [(bucket["values"]["events"], bucket["values"]["active_users"]) for bucket in found["series"]]
    assert sorted(days, key=str) == sorted([(0, 0)] * (len(days) - 2) + [(2, None), (1, 1)], key=str)
    assert found["totals"] == {"events": 3, "active_users": 1}
    found = await read_metrics(acme, project, **params, until=seeds.in_utc(THEN))
    assert found["totals"] == {"events": 2, "active_users": None}


async def test_what_was_never_collected_is_null(acme: ApiCaller, project: str) -> None:
    found = await read_metrics(acme, project)
    assert len(found["series"]) in {30, 31}
    assert (found["totals"]["events"], found["totals"]["views"]) == (0, None)


async def test_bucket_is_final_after_the_late_event_window(settings: Settings, pool: Pool) -> None:
    """Events may arrive for seven days; a post with a lost answer is looked up for a day."""
    async with open_participants(settings, pool) as found:
        project = await new_project(found.acme)
        window = {"since": seeds.in_utc(THEN - HOUR), "until": seeds.in_utc(THEN)}
        for metric, after in (("posts_published", 2 * DAY), ("events", 7 * DAY)):
            for ahead, final in ((after - 12 * HOUR, False), (after, True)):
                found.clock.ahead = ahead
                series = (await read_metrics(found.acme, project, metrics=metric, **window))["series"]
                assert {bucket["final"] for bucket in series} == {final}


async def test_an_account_or_a_post_of_another_project_is_not_found(acme: ApiCaller, project: str, conn: Conn) -> None:
    other = uuid_of(await new_project(acme))
    account = await seeds.account(conn, acme.organization_id, other)
    for scope, shown in (("social_account", f"sa_{account}"), ("platform_post", f"sp_{account}")):
        answer = await acme.http.get(f"/v1/projects/{project}/metrics", params={"scope": scope, "id": shown})
        assert_refused(answer, 404, "NOT_FOUND")
    found = await read_metrics(acme, f"prj_{other}", scope="social_account", id=f"sa_{account}")
    assert set(found["totals"].values()) == {None, 0}


@pytest_asyncio.fixture(loop_scope="session")
async def other_database(template: databases.Template) -> AsyncIterator[str]:
    """Open another database."""
    async with databases.copy(template) as url:
        yield url


async def test_events_are_read_from_a_store_of_its_own(settings: Settings, other_database: str, pool: Pool) -> None:
    served = set_api_settings_and_clock(
        built_app(), made.settings_for(settings.database_url, settings.redis_url, telemetry_url=other_database)
    )
    async with hold_context(served.lifespan()), open_caller(served, pool, "Apart") as caller:
        project = await new_project(caller)
        async with use_unpooled_pg_connection(other_database, name="test") as store:
            await send(store, [event(1, project_id=uuid_of(project), occurred_at=THEN)])
        assert (await read_metrics(caller, project, metrics="events"))["totals"] == {"events": 1}
