"""Events from a partner's server with an API key: the same events with the same ids."""

import asyncio
from typing import Any

import httpx
import msgspec
from litestar import Litestar

from api.services import ApiServices
from db.pool import Conn, Pool
from schemas import ids
from tests.api.conftest import ApiCaller, open_caller, poll
from tests.api.events.sender import EventSender, event, read_counts, sender, stored_ids
from tests.api.refusals import assert_refused, reason
from tests.jobs import scene
from tests.waiting import eventually


async def post_events(
    sender: EventSender, *events: dict[str, Any], key: str | None = None, **more: Any
) -> httpx.Response:
    body = {"projectId": sender.project, "sdkAppId": sender.app["appId"], "events": events} | more
    headers = {"Idempotency-Key": key} if key else {}
    return await sender.owner.http.post("/v1/events", json=body, headers=headers)


async def test_a_server_and_its_app_send_the_same_events(phone: EventSender, pool: Pool) -> None:
    assert read_counts(await phone.send(event(1)))[0] == 1
    answer = await post_events(phone, event(1), event(2), event(3, name=""))
    assert read_counts(answer) == (1, 1, [(2, "INVALID")])
    assert "Retry-After" not in answer.headers
    assert await stored_ids(pool, phone) == ["e-1", "e-2"]


async def test_a_repeat_with_a_key_gets_the_first_answer(phone: EventSender, pool: Pool) -> None:
    """Also for an event that is no valid JSON; without a key the events are duplicates."""
    first = event(1)
    twice = [await post_events(phone, first, key="k") for _ in range(2)]
    assert [read_counts(answer) for answer in twice] == [(1, 0, [])] * 2
    assert twice[1].headers["Idempotent-Replayed"] == "true"
    assert read_counts(await post_events(phone, first)) == (0, 1, [])
    assert reason(await post_events(phone, event(2), key="k"))[:2] == (409, "IDEMPOTENCY_CONFLICT")
    odd = event(3, properties={"a": 1})
    body = {"projectId": phone.project, "sdkAppId": phone.app["appId"], "events": [odd]}
    text = msgspec.json.encode(body).replace(b'"a":1', b'"a":1e999')
    headers = {"Idempotency-Key": "odd", "Content-Type": "application/json"}
    answers = [await phone.owner.http.post("/v1/events", content=text, headers=headers) for _ in range(2)]
    assert [read_counts(answer) for answer in answers] == [(0, 0, [(0, "INVALID")])] * 2


async def test_wait_for_the_commit_holds_no_main_connection(phone: EventSender, pool: Pool, conn: Conn) -> None:
    async with pool.acquire() as other:
        await other.execute("select pg_advisory_lock(7203)")
        sending = asyncio.create_task(post_events(phone, event(1)))
        await eventually(lambda: scene.waits_for_lock(conn))
        held = await conn.fetchval(
            """select count(*) from pg_stat_activity
                where datname = current_database() and application_name = 'tenantry-web'
                  and state = 'idle in transaction'"""
        )
        await other.execute("select pg_advisory_unlock(7203)")
    assert read_counts(await sending) == (1, 0, [])
    assert held == 0


async def test_keyed_requests_leave_connections_to_others(
    phone: EventSender, rival: ApiCaller, anonymous: httpx.AsyncClient, app: Litestar, pool: Pool
) -> None:
    """This holds for any number of organizations, however long the event store takes."""
    services: ApiServices = app.state.services
    keyed = services.events.keyed
    async with open_caller(app, pool, "Third") as third, pool.acquire() as other:
        senders = [phone, await sender(rival, anonymous), await sender(third, anonymous)]
        await other.execute("select pg_advisory_lock(7203)")
        sending = [
            asyncio.create_task(post_events(one, event(number), key=str(number)))
            for one in senders
            for number in range(4)
        ]
        await poll(lambda: sum(map(len, keyed._waiting.values())) == len(sending) - len(senders))
        await eventually(lambda: scene.waits_for_lock(other))
        read = await third.http.get("/v1/projects")
        await other.execute("select pg_advisory_unlock(7203)")
        answers = await asyncio.gather(*sending)
    assert read.status_code == 200
    assert [read_counts(answer) for answer in answers] == [(1, 0, [])] * 12


async def test_an_app_is_one_of_the_project(phone: EventSender, rival: ApiCaller, anonymous: httpx.AsyncClient) -> None:
    theirs = await sender(rival, anonymous)
    other = await sender(phone.owner, anonymous)
    nobody = {"sdkAppId": ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, ids.new_uuid7())}
    answers = [
        await post_events(phone, event(1), **wrong)
        for wrong in (nobody, {"sdkAppId": theirs.app["appId"]}, {"sdkAppId": other.app["appId"]})
    ]
    answers += [
        await post_events(phone, event(1), projectId=theirs.project),
        await post_events(phone, event(1), projectId=theirs.project, sdkAppId=theirs.app["appId"]),
        await post_events(phone, event(1), projectId="prj_none"),
    ]
    for answer in answers:
        assert_refused(answer, 404, "NOT_FOUND")
    assert len({answer.json()["error"]["message"] for answer in answers}) == 2


async def test_hundred_events_are_accepted(phone: EventSender) -> None:
    assert_refused(await post_events(phone, *(event(number) for number in range(101))), 422, "VALIDATION", "events")
    assert read_counts(await post_events(phone, *(event(number) for number in range(100))))[0] == 100
