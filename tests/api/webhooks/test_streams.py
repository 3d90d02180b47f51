"""A stream of webhook events: each once, in the order of their transactions, only to its organization."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from api.routes import webhook_stream as route
from api.streams import event_streams
from db.pool import Conn, Pool
from domain.webhooks import streams
from domain.webhooks.streams import WebhookStreamEvent
from schemas import ids
from tests.api.conftest import ApiCaller, open_caller, poll
from tests.api.participants import new_project
from tests.api.refusals import assert_refused
from tests.api.webhooks.streaming import PATH, emit_event, open_reader
from tests.waiting import eventually

ALL = "/v1/webhook-events"


def count_listeners(app: Litestar) -> int:
    return int(app.state.services.stream_hub.waiting_count)


@asynccontextmanager
async def open_change(pool: Pool) -> AsyncIterator[Conn]:
    """Hold a transaction with a change open during the block."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.fetchval("select pg_current_xact_id()")
        yield conn


async def test_stream_sends_the_endpoints_body(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    project = await new_project(acme)
    async with open_reader(app, acme.key) as reader:
        await reader.begun()
        await acme.http.delete(f"/v1/projects/{project}")
        [event_id] = await reader.told(1)
        [message] = reader.messages
    assert message.body == (await acme.http.get(f"{ALL}/{event_id}")).json()
    assert message.body["data"]["object"] == (await acme.http.get(f"/v1/projects/{project}")).json()
    sent = await pool.fetchval("select body from webhook_event")
    assert message.data == sent
    assert await pool.fetchval("select count(*) from webhook_delivery") == 0
    assert count_listeners(app) == 0


async def test_late_commit_is_not_skipped(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    """The transaction that began first commits last."""
    async with open_reader(app, acme.key) as reader, pool.acquire() as conn:
        await reader.begun()
        async with open_change(pool) as slow:
            early = await emit_event(slow, acme.organization_id)
            late = await emit_event(conn, acme.organization_id)
            assert early < late
            head = await streams.find_webhook_stream_heads(conn, organization_ids=[acme.organization_id])
            assert head[acme.organization_id] == streams.WEBHOOK_STREAM_START
        assert await reader.told(2) == [early, late]


async def test_stream_starts_with_later_commits(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    """A running transaction belongs to the stream; one that was committed concurrently doesn't."""
    org = acme.organization_id
    await begin_stream(pool, org)
    async with pool.acquire() as slow:
        change = slow.transaction()
        await change.start()
        early = await emit_event(slow, org)
        assert await emit_event(pool, org)
        async with open_reader(app, acme.key) as reader:
            begun = await reader.begun()
            late = await emit_event(pool, org)
            await change.commit()
            assert await reader.told(2) == [early, late]
    more = await emit_event(pool, org)
    async with open_reader(app, acme.key, last=begun.id) as reader:
        assert await reader.told(3) == [early, late, more]


async def begin_stream(pool: Pool, org: UUID) -> None:
    async with pool.acquire() as conn:
        await streams.start_webhook_event_recording_for_stream(conn, organization_id=org)


async def test_reconnected_stream_has_no_gap(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    """After any event, including the first message."""
    async with open_reader(app, acme.key) as reader:
        begun = await reader.begun()
    sent = [await emit_event(pool, acme.organization_id) for _ in range(4)]
    for told, last in enumerate([begun.id, *sent]):
        async with open_reader(app, acme.key, last=last, after="evt_1") as reader:
            more = await emit_event(pool, acme.organization_id)
            sent.append(more)
            assert await reader.told(len(sent) - told) == sent[told:]
            assert (await reader.begun()).body == begun.body
    async with open_reader(app, acme.key, after=sent[-2]) as reader:
        assert await reader.told(1) == sent[-1:]


async def test_event_between_poll_and_read_is_sent_once(
    app: Litestar, acme: ApiCaller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read may find more events than the poll that triggered it."""
    org, reads = acme.organization_id, streams.read_webhook_stream_events
    sent: list[str] = []

    async def late(conn: Conn, **asked: Any) -> list[WebhookStreamEvent]:
        sent.append(await emit_event(pool, org))
        monkeypatch.undo()
        return await reads(conn, **asked)

    async with open_reader(app, acme.key) as reader:
        await reader.begun()
        monkeypatch.setattr(streams, "read_webhook_stream_events", late)
        sent.append(await emit_event(pool, org))
        await poll(lambda: len(sent) >= 2)
        sent.append(await emit_event(pool, org))
        assert await reader.told(3) == sorted(sent)


async def test_gap_is_reported(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    async with open_reader(app, acme.key) as reader:
        first = await reader.begun()
    await pool.execute("update webhook_endpoint set expires_at = now() where status = 'listening'")
    assert await emit_event(pool, acme.organization_id) == ""
    async with open_reader(app, acme.key, last=first.id) as reader:
        assert (await reader.begun()).body["since"] > first.body["since"]


async def test_listening_lasts_as_long_as_readers(
    app: Litestar, acme: ApiCaller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasts = "select min(expires_at) - now() > interval '50 minutes' from webhook_endpoint"
    async with open_reader(app, acme.key) as reader:
        await reader.begun()
        assert await pool.fetchval(lasts)
        await pool.execute("update webhook_endpoint set expires_at = now() + interval '29 minutes'")
        monkeypatch.setattr(streams, "WEBHOOK_RECORDING_RENEW_INTERVAL", timedelta())
        await eventually(lambda: pool.fetchval(lasts))


async def test_stream_has_only_own_events(app: Litestar, acme: ApiCaller, rival: ApiCaller, pool: Pool) -> None:
    """A sandbox has its own stream."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(open_caller(app, pool, "Acme", env="test"))
        callers = [acme, rival, sandbox]
        readers = [await stack.enter_async_context(open_reader(app, one.key)) for one in callers]
        for reader in readers:
            await reader.begun()
        sent = [await emit_event(pool, one.organization_id) for one in callers]
        assert [await reader.told(1) for reader in readers] == [[one] for one in sent]
    assert_refused(await rival.http.get(PATH, params={"after": sent[0]}), 404, "NOT_FOUND")
    assert_refused(await rival.http.get(PATH, params={"projectId": await new_project(acme)}), 404, "NOT_FOUND")
    assert_refused(await rival.http.get(PATH, params={"after": "9:8:"}), 422, "VALIDATION", "after")
    assert_refused(await rival.http.get(PATH, params={"after": f"1:{1 + (1 << 60)}:"}), 404, "NOT_FOUND")


async def test_stream_filters_types_and_project(
    app: Litestar, acme: ApiCaller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other events are skipped, also whole batches."""
    monkeypatch.setattr(route, "WEBHOOK_EVENTS_PER_STREAM_BATCH", 3)
    project = ids.parse_prefixed_id(ids.PROJECT_ID_PREFIX, shown := await new_project(acme))
    wanted = {"type": "post.failed,job.failed", "projectId": shown}
    async with open_reader(app, acme.key, **wanted) as reader:
        await reader.begun()
        for _ in range(7):
            await emit_event(pool, acme.organization_id)
            await emit_event(pool, acme.organization_id, "job.canceled", project)
        sent = [await emit_event(pool, acme.organization_id, "job.failed", project) for _ in range(2)]
        assert await reader.told(2) == sent


async def test_skipped_events_advance_the_position(
    app: Litestar, acme: ApiCaller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During a long run of skipped events, and at its end."""
    monkeypatch.setattr(route, "WEBHOOK_EVENTS_PER_STREAM_BATCH", 3)
    monkeypatch.setattr(route, "MAX_WEBHOOK_STREAM_SILENCE_S", 0.05)
    async with open_reader(app, acme.key, type="post.failed") as reader:
        await reader.begun()
        async with open_change(pool) as change:
            passed = sorted([await emit_event(change, acme.organization_id) for _ in range(4)])
        await reader.passed(passed[2])
        await reader.passed(passed[3])
        assert reader.messages == []


async def test_an_organization_has_ten_streams_at_once(
    app: Litestar, acme: ApiCaller, rival: ApiCaller, pool: Pool
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(event_streams.MAX_WEBHOOK_STREAMS_PER_ORGANIZATION):
            await stack.enter_async_context(open_reader(app, acme.key))
        await poll(lambda: count_listeners(app) == event_streams.MAX_WEBHOOK_STREAMS_PER_ORGANIZATION)
        answer = await acme.http.get(PATH)
        assert_refused(answer, 429, "RATE_LIMITED")
        assert answer.json()["error"]["details"] == {"limit": "streams"}
        assert answer.headers["Retry-After"] == "5"
        async with open_reader(app, rival.key) as reader:
            await reader.begun()
            sent = await emit_event(pool, rival.organization_id)
            assert await reader.told(1) == [sent]
    assert count_listeners(app) == 0


@pytest.mark.parametrize("switch", ["killed", "suspended"])
async def test_revoked_key_ends_the_stream(app: Litestar, acme: ApiCaller, pool: Pool, switch: str) -> None:
    off = {
        "killed": "update api_key set killed_at = now()",
        "suspended": "update organization set resumes_as = tier, tier = 'suspended'",
    }
    async with open_reader(app, acme.key) as reader:
        await reader.begun()
        sent = await emit_event(pool, acme.organization_id)
        await reader.told(1)
        await pool.execute(off[switch])
        await emit_event(pool, acme.organization_id)
        assert (await reader.ended()).count(b"data:") == 2
        assert await reader.told(1) == [sent]


async def test_silent_stream_rechecks_its_key(
    app: Litestar, acme: ApiCaller, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "MAX_WEBHOOK_STREAM_SILENCE_S", 0.05)
    async with open_reader(app, acme.key) as reader:
        await reader.begun()
        await pool.execute("update api_key set killed_at = now()")
        assert route.WEBHOOK_STREAM_END_MESSAGE not in await reader.ended()


async def test_a_stream_ends_in_its_time_or_with_the_server(
    app: Litestar, acme: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurried:
        hurried.setattr(route, "MAX_WEBHOOK_STREAM_S", 0.0)
        async with open_reader(app, acme.key) as reader:
            assert (await reader.ended()).endswith(route.WEBHOOK_STREAM_END_MESSAGE)
    async with open_reader(app, acme.key) as reader:
        await reader.begun()
        app.state.services.stream_hub.close()
        assert (await reader.ended()).endswith(route.WEBHOOK_STREAM_END_MESSAGE)


async def test_a_slow_reader_holds_no_connection(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    """It gets all events once it reads. They were emitted in one transaction, so one poll finds all of
    them.
    """
    async with open_reader(app, acme.key) as reader:
        await reader.begun()
        reader.takes.clear()
        async with open_change(pool) as change:
            sent = [await emit_event(change, acme.organization_id) for _ in range(10)]
        await reader.told(1)
        services = app.state.services
        services.stream_hub.close()
        await poll(lambda: services.pool.get_idle_size() == services.pool.get_size())
        assert len(reader.messages) == 1
        reader.takes.set()
        assert await reader.told(len(sent)) == sent


async def test_stream_creates_no_endpoint(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    async with open_reader(app, acme.key) as reader:
        await reader.begun()
        assert (await acme.http.get("/v1/webhook-endpoints")).json()["items"] == []
        shown = ids.format_prefixed_id(ids.WEBHOOK_ENDPOINT_ID_PREFIX, acme.organization_id)
        assert_refused(await acme.http.get(f"/v1/webhook-endpoints/{shown}"), 404, "NOT_FOUND")
        assert_refused(await acme.http.delete(f"/v1/webhook-endpoints/{shown}"), 404, "NOT_FOUND")
        usage = (await acme.http.get("/v1/usage")).json()
        assert usage["webhookEndpoints"]["used"] == 0
    assert await pool.fetchval("select count(*) from webhook_endpoint") == 1
    async with open_reader(app, acme.key) as reader:
        await reader.begun()
    assert await pool.fetchval("select count(*) from webhook_endpoint") == 1
