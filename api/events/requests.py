"""Requests with events, up to their commit: authentication, limits, parsing.

The sender is an SDK app on a phone or in a browser, and anybody can read its key. So every check that doesn't
need the body runs before the body is read.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from litestar import Request, Response

from api.auth import sdk_keys
from api.http.requests import ApiRequest
from api.limits import event_limits
from api.limits.cost_budgets import KeyOrPublicTraffic, get_cost_budget_bucket
from api.limits.event_limits import AppEventLimitState
from api.services import ApiServices
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.events import body
from domain.events.body import CheckedEventBatch
from domain.events.intake import EventIntakeResult, intake_weight_of_request
from domain.events.json_text import HIGHEST_POSSIBLE_GZIP_RATIO, MAX_UNPACKED_EVENT_BODY_BYTES
from domain.values import steps
from domain.values.steps import CooperativeSteps
from schemas.errors import (
    BodyOversized,
    LimitReached,
    MalformedBody,
    MediaTypeUnsupported,
    SdkAppKeyUnauthenticated,
    ServiceUnavailable,
)
from schemas.errors.absent import not_found_error

#: Seconds for which a browser caches the CORS preflight.
CORS_PREFLIGHT_CACHE_S = 86_400

#: Seconds for which an app is refused without a look-up, once its budget is used up or the disk is full. A
#: higher tier, or free disk space, takes effect after that.
MAX_LIMIT_REFUSAL_CACHE_S = 5.0

_CORS_HEADER_NAMES_PATTERN = re.compile(rb"[A-Za-z0-9, _-]{1,1000}")


async def allow_cors_and_answer_event_preflight(connection: Request[Any, Any, Any]) -> Response[None] | None:
    """Allow pages of any origin (CORS) to send an event request; return the 204 of a preflight, else None."""
    request, opt = cast("ApiRequest", connection), connection.route_handler.opt
    request.request_state.for_pages = True
    if "allow" not in opt:
        return None
    requested_headers = request.request_state.headers.get(b"access-control-request-headers", b"")
    headers = {
        "Allow": opt["allow"],
        "Access-Control-Allow-Methods": opt["allow"],
        "Access-Control-Max-Age": str(CORS_PREFLIGHT_CACHE_S),
    }
    if _CORS_HEADER_NAMES_PATTERN.fullmatch(requested_headers):
        headers["Access-Control-Allow-Headers"] = requested_headers.decode()
    return Response(None, status_code=204, headers=headers)


async def auth_app_and_check_limits(
    request: ApiRequest, key: str | None, *, app_id: UUID | None = None
) -> SdkAppOfEventRequest:
    """Authenticate the app key of an event request, check all limits, and return the key's app.

    `app_id` is the app in the path; it must be the key's app. Raises `SdkAppKeyUnauthenticated`, `KillSwitchActive`,
    `LimitReached`, `SdkWebOriginRefused`, `ObjectNotFound`, `StateConflict`, `ServiceUnavailable`.
    """
    call, services = request.request_state, request.services
    call.rate_class = event_limits.EVENT_RATE_CLASS
    if key is None:
        raise SdkAppKeyUnauthenticated
    expected = services.events.apps.find_unverified_cached_app(key)
    if expected and (refused := services.events.limiter.find_cached_refusal(expected)):
        call.app, (call.event_standing, error) = expected, refused
        await services.events.limiter.delay_refusal(expected)
        raise error.with_traceback(None)  # a kept traceback would hold the frames of all refused requests
    with _cache_limit_refusal(services, expected):
        services.events.disks.check_event_intake_open()
    charging = expected and services.events.limiter.count_app_request(expected)  # runs during the look-up of the key
    call.app = app = await services.events.apps.authenticate(key)
    call.event_standing = await (charging or services.events.limiter.count_app_request(app))
    if not call.event_standing.passed:
        await services.events.limiter.delay_refusal(app)
        raise call.event_standing.refusal()
    budget = get_cost_budget_bucket(app.organization_id, app.tier, KeyOrPublicTraffic.PUBLIC)
    services.limiter.budgets.check_bucket_not_overdrawn(budget)
    call.payer = budget
    sdk_keys.check_page_origin(app, call.headers.get(b"origin"))
    if app_id not in {None, app.app_id}:
        raise not_found_error("sdk_app")
    app.check_app_project_active()
    with _cache_limit_refusal(services, app, call.event_standing):
        services.events.budgets.check_organization_event_budget(app)
        services.events.disks.refuse_heavy_event_sender(services.events.budgets.used_budget_share(app))
    return app


@contextmanager
def _cache_limit_refusal(
    services: ApiServices, app: SdkAppOfEventRequest | None, standing: AppEventLimitState | None = None
) -> Iterator[None]:
    """Cache a `LimitReached` or `ServiceUnavailable` that the block raises for an app, and raise it again.

    The app's next requests then get the same error without a query, for at most 5 s.
    """
    try:
        yield
    except (LimitReached, ServiceUnavailable) as error:
        if app:
            for_s = min(MAX_LIMIT_REFUSAL_CACHE_S, error.retry_after)
            services.events.limiter.cache_refusal(app.app_id, standing, error, for_s)
        raise


def read_app_key(request: ApiRequest) -> str | None:
    """Return the app key of a request from its headers or query; None if the request has no key."""
    return sdk_keys.read_app_key(request.request_state.headers, request.scope["query_string"])


async def decompress_event_body(
    request: ApiRequest, app: SdkAppOfEventRequest | None, *, max_bytes: int = MAX_UNPACKED_EVENT_BODY_BYTES
) -> bytes:
    """Return the body of an event request, decompressed if it is gzip. Its content type may be any.

    Raises `MalformedBody`, `BodyOversized`, `MediaTypeUnsupported`. For a malformed or oversized body the app
    pays for the maximum size that decompression may have produced.
    """
    data, packed = await request.body(), _has_gzip_body(request)
    try:
        return await steps.run_cooperative_steps(body.gunzip_event_body(data, packed=packed, most=max_bytes))
    except (MalformedBody, BodyOversized):
        if app:
            size = min(max_bytes, len(data) * HIGHEST_POSSIBLE_GZIP_RATIO)
            request.services.events.limiter.charge_app_events(app, intake_weight_of_request(1, size))
        raise


async def parse_request_events(
    request: ApiRequest,
    app: SdkAppOfEventRequest,
    plain: bytes,
    reader: Callable[..., CooperativeSteps[CheckedEventBatch]],
) -> CheckedEventBatch:
    """Parse the events of a request's body with `reader`; return a batch of valid and rejected events.

    Raises `MalformedBody`, `InvalidValue`, `BodyOversized`. The events count against the app's limit. A body with
    an error, or without events, counts as one event of its size.
    """
    event_count, now = 1, request.services.clock()
    try:
        work = reader(plain, project_id=app.project_id, app_no=app.app_no, now=now)
        batch = await steps.run_cooperative_steps(work)
        event_count = max(1, len(batch.events) + len(batch.refused))
    finally:
        request.services.events.limiter.charge_app_events(app, intake_weight_of_request(event_count, len(plain)))
    return batch


def _has_gzip_body(request: ApiRequest) -> bool:
    """Return whether the body is gzip; False if uncompressed. Raises `MediaTypeUnsupported` for other encodings."""
    encoding = request.request_state.headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in {b"gzip", b"identity", b""}:
        raise MediaTypeUnsupported("send the body uncompressed, or with one layer of gzip (Content-Encoding: gzip)")
    return encoding == b"gzip"


async def store_event_batch(
    request: ApiRequest, app: SdkAppOfEventRequest, batch: CheckedEventBatch
) -> EventIntakeResult:
    """Commit the valid events of a batch, and queue the rejected ones for the quarantine.

    Return the counts of new and of repeated events. Raises `LimitReached`, `ServiceUnavailable`.
    """
    events = request.services.events
    stored = await events.intake.commit_request_events(app, batch.events, size=batch.size)
    events.last.queue_last_event_time(app)
    events.quarantine.queue_rejections(app, batch.refused)
    return stored
