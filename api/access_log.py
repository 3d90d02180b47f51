"""The access log, and what else every request gets whatever answers it: id, headers, metrics."""

import time
from functools import cache

from litestar.types import HTTPScope, Message, Send
from prometheus_client import Counter, Histogram

from api.request_state import RequestState
from api.services import Services
from schemas import ids
from telemetry import logs, metrics

UNMATCHED = "unmatched"

_log = logs.get_gathering("api")


def begin(scope: HTTPScope) -> RequestState:
    """The state that everything further inside finds on the scope."""
    state = RequestState(scope["headers"])
    scope.setdefault("state", {})["request_state"] = state
    return state


def watching(state: RequestState, send: Send) -> Send:
    """A `send` that adds what every answer carries."""

    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            state.status = message["status"]
            headers = [*message["headers"], *state.answer_headers()]
            if state.rate_class is not None:
                _keep_private(headers)
            message["headers"] = headers
        await send(message)

    return watched


def _keep_private(headers: list[tuple[bytes, bytes]]) -> None:
    """An answer to a key is in nobody else's cache, and one without a version in none at all.

    Caches that many share know `Authorization`, but not `X-Api-Key`.
    """
    names = {name for name, _ in headers}
    if b"cache-control" not in names:
        headers.append((b"cache-control", b"private, no-cache" if b"etag" in names else b"no-store"))


async def end(scope: HTTPScope, state: RequestState) -> None:
    """After the last byte, so that nobody waits for it."""
    if state.free and state.standing is not None:
        services: Services = scope["litestar_app"].state.services
        await services.limiter.give_back(state.standing)
    _note(scope, state)


def _note(scope: HTTPScope, state: RequestState) -> None:
    route = scope.get("path_template", UNMATCHED)
    seconds = time.perf_counter() - state.started
    method = (
        UNMATCHED if route == UNMATCHED else scope["method"]
    )  # a stranger's word must not become a series
    count, duration = _series(method, route, state.status)
    count.inc()
    duration.observe(seconds)
    who, app = state.principal, state.app
    owner = who or app
    _log.info(
        "request",
        request_id=state.id,
        method=scope["method"],
        route=route,
        status=state.status,
        code=state.code,
        ms=round(seconds * 1000, 2),
        organization_id=owner and ids.show(ids.ORGANIZATION, owner.organization_id),
        key_id=who and who.key_id,
        app_id=app and ids.show(ids.APP, app.app_id),
    )


@cache
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Finding the two by their labels costs more than counting does."""
    return metrics.HTTP_REQUESTS.labels(method, route, status), metrics.HTTP_SECONDS.labels(route)
