"""What surrounds every exchange, whatever answers it: id, headers, a line in the log, metrics."""

import asyncio
import contextlib
import time
from functools import cache

from litestar.types import HTTPScope, Message, Receive, Send
from prometheus_client import Counter, Histogram

from api.exchange import Exchange
from api.services import Services
from schemas import ids
from telemetry import logs, metrics

UNMATCHED = "unmatched"

#: How long the rest of a body is read and dropped, in seconds.
LINGER_S = 10.0

_log = logs.get_gathering("api")


def begin(scope: HTTPScope) -> Exchange:
    """The exchange that everything further inside finds on the scope."""
    exchange = Exchange(scope["headers"])
    scope.setdefault("state", {})["exchange"] = exchange
    return exchange


def watching(exchange: Exchange, send: Send) -> Send:
    """A `send` that adds what every answer carries."""

    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            message["headers"] = [*message["headers"], *exchange.answer_headers()]
        await send(message)

    return watched


async def linger(receive: Receive) -> None:
    """Let a client finish that was answered before its body was whole.

    Many send all of it before they read; a connection that is closed with unread bytes in it is reset, and
    the answer with it.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while (message := await receive())["type"] == "http.request" and message["more_body"]:
                pass


async def end(scope: HTTPScope, exchange: Exchange) -> None:
    """After the last byte, so that nobody waits for it."""
    if exchange.free and exchange.standing is not None:
        services: Services = scope["litestar_app"].state.services
        await services.limiter.give_back(exchange.standing)
    _note(scope, exchange)


def _note(scope: HTTPScope, exchange: Exchange) -> None:
    route = scope.get("path_template", UNMATCHED)
    seconds = time.perf_counter() - exchange.started
    method = (
        UNMATCHED if route == UNMATCHED else scope["method"]
    )  # a stranger's word must not become a series
    count, duration = _series(method, route, exchange.status)
    count.inc()
    duration.observe(seconds)
    who = exchange.principal
    _log.info(
        "request",
        request_id=exchange.id,
        method=scope["method"],
        route=route,
        status=exchange.status,
        code=exchange.code,
        ms=round(seconds * 1000, 2),
        organization_id=who and ids.show(ids.ORGANIZATION, who.organization_id),
        key_id=who and who.key_id,
    )


@cache
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Finding the two by their labels costs more than counting does."""
    return metrics.HTTP_REQUESTS.labels(method, route, status), metrics.HTTP_SECONDS.labels(route)
