"""Metering: measures what each request costs, charges it, and reports routes that hold the event loop."""

import math
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from litestar.types import HTTPScope, Message, Receive, Send

from api.http.request_state import UNMATCHED_ROUTE_LABEL, RequestState
from telemetry import costs, logs, metrics
from telemetry.costs import RequestCostMeter

if TYPE_CHECKING:
    from api.services import ApiServices

#: Seconds between two log lines about the same route.
EVENT_LOOP_HOLD_LOG_PAUSE_S = 10.0

_log = logs.get_logger("api.loop")


class EventLoopHoldReporter:
    """Reports steps that hold the event loop: each in a metric, and in a debounced line of the log."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        #: By route: the time of its last log line, and the number of holds since. Routes are few.
        self._logged: dict[str, tuple[float, int]] = {}

    def report_event_loop_hold(self, scope: HTTPScope, state: RequestState, seconds: float) -> None:
        """Add a step with `seconds` of CPU on the event loop to a metric, and log at most one per route in 10 s."""
        route = scope.get("path_template", UNMATCHED_ROUTE_LABEL)
        metrics.HTTP_LOOP_HOLD_SECONDS_HISTOGRAM.labels(route).observe(seconds)
        now = self._clock()
        logged_at, skipped = self._logged.get(route, (-math.inf, 0))
        if now - logged_at < EVENT_LOOP_HOLD_LOG_PAUSE_S:
            self._logged[route] = logged_at, skipped + 1
            return
        self._logged[route] = now, 0
        fields = {"route": route, "ms": round(seconds * 1000, 1), "skipped": skipped}
        _log.warning("a request held the event loop", **(state.log_fields() | fields))


_loop_watchdog = EventLoopHoldReporter()


def wrap_to_charge_bytes(cost: RequestCostMeter, receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Return a wrapped `receive` and `send` that add the bytes of both bodies to a request's cost."""

    async def receive_counted() -> Any:
        message = await receive()
        cost.received += len(cast("bytes", message.get("body", b"")))
        return message

    async def send_counted(message: Message) -> None:
        if message["type"] == "http.response.body":
            cost.sent += len(message.get("body", b""))
        await send(message)

    return receive_counted, send_counted


async def run_and_bill_request(
    scope: HTTPScope,
    state: RequestState,
    answering: Coroutine[Any, Any, None],
    *,
    watchdog: EventLoopHoldReporter = _loop_watchdog,
) -> None:
    """Run a request, and charge its cost, even if it fails, to the bucket that pays for it, if that is known."""
    cost = state.cost
    try:
        with costs.charge_costs_of_code_block_to_request(cost):
            await costs.MeteredCoroutine(answering, cost, partial(watchdog.report_event_loop_hold, scope, state))
    finally:
        if state.payer is not None:
            services: ApiServices = scope["litestar_app"].state.services
            services.limiter.charge_request_cost(state.payer, cost)
