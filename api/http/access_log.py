"""The access log, and the parts that every response gets: request id, headers, metrics."""

import time
from collections.abc import Mapping
from functools import cache
from uuid import UUID

from litestar.types import HTTPScope, Message, Send
from prometheus_client import Counter, Histogram

from api.http.request_state import MIN_SERVER_ERROR_STATUS, UNMATCHED_ROUTE_LABEL, RequestState
from api.services import ApiServices
from schemas import ids
from telemetry import logs, metrics, tracing

#: Routes without a trace: unmatched paths, which scanners request, and the probes of monitoring.
UNTRACED_ROUTES = {UNMATCHED_ROUTE_LABEL, "/healthz", "/readyz", "/metrics"}

_log = logs.get_batched_logger("api")


def create_request_state(scope: HTTPScope) -> RequestState:
    """Create the state of a request, put it on the ASGI scope for all inner layers, and return it."""
    state = RequestState(scope["headers"])
    scope.setdefault("state", {})["request_state"] = state
    return state


def wrap_send_with_headers(state: RequestState, send: Send) -> Send:
    """Return a `send` that adds the common headers to a response, and records its status."""

    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            state.status = message["status"]
            headers = [*message["headers"], *state.build_response_headers()]
            if state.rate_class is not None:
                _restrict_response_caching(headers)
            message["headers"] = headers
        await send(message)

    return watched


def _restrict_response_caching(headers: list[tuple[bytes, bytes]]) -> None:
    """Add `Cache-Control` to a response's headers without it: `private, no-cache` with an ETag, else `no-store`.

    So shared caches store no answers to a key: they respect `Authorization`, but not `X-Api-Key`.
    """
    names = {name for name, _ in headers}
    if b"cache-control" not in names:
        headers.append((b"cache-control", b"private, no-cache" if b"etag" in names else b"no-store"))


async def log_request_and_refund_rate_if_free(scope: HTTPScope, state: RequestState, services: ApiServices) -> None:
    """Uncount a free request from its rate limit, and log the request.

    This runs after the last byte of the response, so that no caller waits for it.
    """
    if state.is_rate_refundable and state.standing is not None:
        await services.limiter.uncount_request(state.standing)
    _log_request(scope, state, services.settings.request_log_level)


def _log_request(scope: HTTPScope, state: RequestState, level: str) -> None:
    route = scope.get("path_template", UNMATCHED_ROUTE_LABEL)
    seconds = time.perf_counter() - state.started
    method = (
        UNMATCHED_ROUTE_LABEL if route == UNMATCHED_ROUTE_LABEL else scope["method"]
    )  # a method that a stranger invents must not become a time series
    count, duration = _cached_http_counter_and_histogram(method, route, state.status)
    count.inc()
    duration.observe(seconds)
    who, app, owner = state.principal, state.app, state.organization_id
    about = _project_and_job_log_fields(scope, state)
    log = _log.info if state.status >= MIN_SERVER_ERROR_STATUS else getattr(_log, level)
    log(
        "request",
        request_id=state.id,
        method=scope["method"],
        route=route,
        status=state.status,
        code=state.code,
        ms=round(seconds * 1000, 2),
        organization_id=owner and ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, owner),
        key_id=who and who.key_id,
        app_id=app and ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, app.app_id),
        **about,
        **tracing.trace_id_log_fields(UUID(int=state.bits)),
    )
    if (recorder := tracing.get_process_span_recorder()) and route not in UNTRACED_ROUTES:
        recorder.record_request(_build_request_to_trace(state, method, route, seconds, about))


def _project_and_job_log_fields(scope: HTTPScope, state: RequestState) -> dict[str, str | int]:
    """Return a request's log fields that have a value: project, first submitted job and number of jobs."""
    params: dict[str, str] = scope.get("path_params", {})
    project = ids.parse_prefixed_id(ids.PROJECT_ID_PREFIX, params["project_id"]) if "project_id" in params else None
    fields: dict[str, str | int] = {}
    if submits := state.submitted_jobs_to_trace:
        project = project or submits[0].project_id
        fields = {"job_id": ids.format_prefixed_id(ids.JOB_ID_PREFIX, submits[0].job_id), "jobs": len(submits)}
    if project is not None:
        fields["project_id"] = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project)
    return fields


def _build_request_to_trace(
    state: RequestState, method: str, route: str, seconds: float, about: Mapping[str, str | int]
) -> tracing.RequestToTrace:
    """Describe the response for its span. The attributes hold only our own ids, no text from the caller."""
    ended, who = tracing.current_unix_time_ns(), state.organization_id
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": state.status,
        "tenantry.request.id": state.id,
    }
    if who is not None:
        attributes["tenantry.organization.id"] = ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, who)
    if "project_id" in about:
        attributes["tenantry.project.id"] = about["project_id"]
    if state.code is not None:
        attributes["tenantry.error.code"] = state.code
    return tracing.RequestToTrace(
        request=UUID(int=state.bits),
        name=f"{method} {route}",
        began=ended - int(seconds * 1e9),
        ended=ended,
        attributes=attributes,
        error=str(state.status) if state.status >= MIN_SERVER_ERROR_STATUS else None,
        traceparent=state.headers.get(b"traceparent", b"").decode("latin-1"),
        submits=state.submitted_jobs_to_trace,
    )


@cache
def _cached_http_counter_and_histogram(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return the counter and the duration histogram of a method, route and status, from a cache.

    `labels` of the metrics library costs more than the increment.
    """
    return metrics.HTTP_RESPONSE_COUNTER.labels(method, route, status), metrics.HTTP_REQUEST_HISTOGRAM.labels(route)
