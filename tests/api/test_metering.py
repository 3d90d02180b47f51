"""Metering of requests: the route that holds the event loop, in a metric and in the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from litestar.types import HTTPScope, Message
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from api.http import head_requests
from api.http.request_state import RequestState
from api.limits import cost_metering
from api.limits.cost_metering import EVENT_LOOP_HOLD_LOG_PAUSE_S, EventLoopHoldReporter
from telemetry import costs
from telemetry.costs import MIN_LOOP_HOLD_CPU_S, RequestCostMeter
from tests.api.conftest import ApiCaller
from tests.api.events.sender import event, sender
from tests.telemetry.test_costs import burn

ROUTE = "/v1/slow/{route_id}"


def count_holds(route: str) -> float:
    """Return the metric's count of holds."""
    return REGISTRY.get_sample_value("http_loop_hold_seconds_count", {"route": route}) or 0.0


@pytest.fixture
def scope() -> HTTPScope:
    return cast("HTTPScope", {"path_template": ROUTE})


async def test_a_step_that_holds_the_loop_names_its_route(scope: HTTPScope) -> None:
    state, before = RequestState(()), count_holds(ROUTE)

    async def answer() -> None:
        burn(MIN_LOOP_HOLD_CPU_S)

    with capture_logs() as logged:
        await cost_metering.run_and_bill_request(scope, state, answer(), watchdog=EventLoopHoldReporter())
    assert count_holds(ROUTE) == before + 1
    [line] = logged
    assert (line["log_level"], line["route"], line["request_id"]) == ("warning", ROUTE, state.id)
    assert line["ms"] >= MIN_LOOP_HOLD_CPU_S * 1000
    assert state.cost.loop_s >= MIN_LOOP_HOLD_CPU_S


async def test_a_hold_is_logged_at_most_once_in_ten_seconds_and_counted_each_time(scope: HTTPScope) -> None:
    now, state, before = [100.0], RequestState(()), count_holds(ROUTE)
    watchdog = EventLoopHoldReporter(lambda: now[0])
    with capture_logs() as logged:
        for _ in range(3):
            watchdog.report_event_loop_hold(scope, state, 0.02)
        watchdog.report_event_loop_hold(cast("HTTPScope", {}), state, 0.02)
        now[0] += EVENT_LOOP_HOLD_LOG_PAUSE_S
        watchdog.report_event_loop_hold(scope, state, 0.5)
    assert [(line["route"], line["skipped"]) for line in logged] == [(ROUTE, 0), ("unmatched", 0), (ROUTE, 2)]
    assert count_holds(ROUTE) == before + 4


async def test_a_quick_step_is_no_hold(scope: HTTPScope) -> None:
    before = count_holds(ROUTE)

    async def answer() -> None:
        return

    await cost_metering.run_and_bill_request(scope, RequestState(()), answer())
    assert count_holds(ROUTE) == before


async def test_bytes_are_those_of_bodies_that_pass() -> None:
    cost, sent = RequestCostMeter(), list[Message]()
    start: Any = {"type": "http.response.start", "status": 200, "headers": []}
    body: Any = {"type": "http.response.body", "body": b"x" * 500}

    async def receive() -> Any:
        return {"type": "http.request", "body": b"y" * 70, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    receives, sends = cost_metering.wrap_to_charge_bytes(cost, receive, send)
    await receives()
    for message in (start, body):
        await sends(message)
    assert (cost.received, cost.sent, cost.bytes) == (70, 500, 570)
    _, of_head = head_requests.wrap_to_drop_body_for_head(*cost_metering.wrap_to_charge_bytes(cost, receive, send))
    for message in (start, body):
        await of_head(message)
    assert cost.sent == 500


async def test_each_request_has_a_cost_of_its_own(acme: ApiCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    charged: list[RequestCostMeter] = []
    app = acme.http._transport.app  # type: ignore[attr-defined]
    monkeypatch.setattr(app.state.services.limiter, "charge_request_cost", lambda _, cost: charged.append(cost))
    for path in ("/v1/whoami", "/v1/projects", "/v1/nothing-here"):
        await acme.http.get(path)
    assert len(charged) == 2
    assert all(cost.loop_s > 0 and cost.database_s >= 0 and cost.sent > 0 for cost in charged)


async def test_a_keyed_request_with_events_pays_once_for_its_connection(
    acme: ApiCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for its turn among keyed requests, and holds no second connection in that turn."""
    shop = await sender(acme, acme.http)
    held, most = 0, 0

    @contextmanager
    def counting() -> Iterator[None]:
        nonlocal held, most
        held += 1
        most = max(most, held)
        yield
        held -= 1

    monkeypatch.setattr(costs, "charge_database_time", counting)
    body = {"projectId": shop.project, "sdkAppId": shop.app["appId"], "events": [event(1)]}
    answer = await acme.http.post("/v1/events", json=body, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 202
    assert most == 1
