"""The application: routes, wrappers and error responses."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send
from litestar.types.asgi_types import Method

from api import routes
from api.events import requests
from api.guard import complete_route_requirements, guard_api_request
from api.http import access_log, body_limits, errors, fast_path, head_requests, path_ids
from api.http.request_state import RequestState
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.lifespan import open_api_services
from api.limits import cost_metering
from api.openapi import document
from domain.operations.host_warnings import warn_of_missing_kernel_sandbox
from processes.image import PROCESS_WITHOUT_IMAGE
from schemas.settings import Settings, load_settings
from telemetry import log_context, logs

ROUTE_MODULES = [import_module(f"api.routes.{found.name}") for found in iter_modules(routes.__path__)]
#: Routes without a key, at their whole paths, and routes under /v1 with the key of an SDK app.
KEYLESS_ROUTES = [route for module in ROUTE_MODULES for route in getattr(module, "KEYLESS_ROUTES", ())]
SDK_APP_KEY_ROUTES = [route for module in ROUTE_MODULES for route in getattr(module, "SDK_APP_KEY_ROUTES", ())]
#: Every other route of `api/routes/`: under /v1, behind the guard.
ROUTES_REQUIRING_API_KEY = [
    value
    for module in ROUTE_MODULES
    for value in vars(module).values()
    if isinstance(value, HTTPRouteHandler) and value not in (*KEYLESS_ROUTES, *SDK_APP_KEY_ROUTES)
]


class ApiApplication(Litestar):
    """Litestar with a wrapper that every request passes: request id, metering, HEAD, logging."""

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        if scope["type"] != "http":  # type: ignore[comparison-overlap]  # this enum is a str
            await super().__call__(scope, receive, send)
            return
        request = cast("HTTPScope", scope)
        method = request["method"]
        ours = head_requests.is_head_answered_by_get(request)
        if ours:
            request = {**request, "method": "GET"}
        state = access_log.create_request_state(request)
        receives, sends = cost_metering.wrap_to_charge_bytes(state.cost, cast("Receive", receive), cast("Send", send))
        if ours:
            receives, sends = head_requests.wrap_to_drop_body_for_head(receives, sends)
        await cost_metering.run_and_bill_request(
            request, state, self._answer_request(request, state, receives, sends, method)
        )

    async def _answer_request(
        self, request: HTTPScope, state: RequestState, receives: Receive, sends: Send, method: Method
    ) -> None:
        """Run an HTTP request's route, send the response, and log the request with `method`, as the client sent it.

        A wrong `Host` and a path with escapes are refused before any route runs.
        """
        before = log_context.set_current_cause(state)
        watched = access_log.wrap_send_with_headers(state, sends)
        try:
            if not self.state.hosts.allows(state.headers.get(b"host", b"").decode("latin-1")):
                await errors.build_wrong_host_response(ApiRequest(request))(request, receives, watched)
            elif not path_ids.is_unescaped_path(request["raw_path"]):
                await errors.build_no_route_response(ApiRequest(request))(request, receives, watched)
            elif handler := fast_path.find_fast_path_route(self, request):
                await fast_path.serve_fast_path_route(handler, request, receives, watched)
            else:
                await super().__call__(request, receives, watched)
        finally:
            log_context.detach_cause(before)
            request["method"] = method
            await access_log.log_request_and_refund_rate_if_free(request, state, self.state.services)


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] | None = None) -> Litestar:
    """Create the API's application for an ASGI server. Without `settings`, read them from the environment.

    Raises `SettingsInvalid`.
    """
    if settings is None:
        settings = load_settings(os.environ)
        logs.configure_logging(process="web", level=settings.log_level)
        warn_of_missing_kernel_sandbox()
    return set_api_settings_and_clock(build_application(), settings, clock=clock)


def set_api_settings_and_clock(
    app: Litestar, settings: Settings, *, clock: Callable[[], datetime] | None = None, private: bool = False
) -> Litestar:
    """Set the settings and the clock that a built application uses from its next start on; return it.

    `private`: only callers on this machine can reach the application.
    """
    app.state.serve = partial(open_api_services, settings=settings, clock=clock or partial(datetime.now, UTC))
    app.state.private = private
    app.state.process = PROCESS_WITHOUT_IMAGE
    app.state.hosts = settings.allowed_request_hosts
    return app


def build_application() -> Litestar:
    """Build the API's application with all routes and its OpenAPI document, which takes 80 ms.

    `set_api_settings_and_clock` adds settings and resources.
    """
    behind_the_guard = Router("/v1", route_handlers=ROUTES_REQUIRING_API_KEY, before_request=guard_api_request)
    for_apps = Router(
        "/v1", route_handlers=SDK_APP_KEY_ROUTES, before_request=requests.allow_cors_and_answer_event_preflight
    )
    app = ApiApplication(
        route_handlers=[behind_the_guard, for_apps, *KEYLESS_ROUTES],
        request_class=ApiRequest,
        response_class=LowOverheadResponse,
        lifespan=[_open_configured_lifespan],
        exception_handlers={Exception: errors.build_error_response_of_exception},
        request_max_body_size=body_limits.MAX_JSON_BYTES,
        openapi_config=None,
        logging_config=None,
    )
    complete_route_requirements(app)
    fast_path.mark_fast_path_routes(app)
    body_limits.store_body_limits_of_routes(app)
    app.state.openapi = document.render_openapi_document(app)
    return app


def _open_configured_lifespan(app: Litestar) -> AbstractAsyncContextManager[None]:
    """Return the lifespan context with the settings and clock that `set_api_settings_and_clock` set last."""
    serve: Callable[[Litestar], AbstractAsyncContextManager[None]] = app.state.serve
    return serve(app)
