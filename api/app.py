"""The application: routes, what wraps them, and the answers to what goes wrong."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial
from typing import cast

from litestar import Litestar, Router
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from api import access_log, errors
from api.guard import bind, guard
from api.lifespan import serving
from api.openapi import document
from api.replies import Reply
from api.requests import ApiRequest
from api.routes import (
    accounts,
    api_keys,
    audit,
    brand,
    console,
    content,
    docs,
    github,
    ingests,
    jobs,
    leases,
    media,
    ops,
    ops_leases,
    posts,
    projects,
    system,
    tiktok_webhook,
    whoami,
)
from schemas.settings import Settings, from_env
from telemetry import logs

MAX_BODY = 1024 * 1024

#: Everything under /v1 that needs a key.
ROUTES = [
    *projects.ROUTES,
    *ingests.ROUTES,
    *brand.ROUTES,
    *content.ROUTES,
    *posts.ROUTES,
    *github.ROUTES,
    *accounts.ROUTES,
    *leases.ROUTES,
    *jobs.ROUTES,
    *ops.ROUTES,
    *ops_leases.ROUTES,
    *api_keys.ROUTES,
    *audit.ROUTES,
    *whoami.ROUTES,
]


class Api(Litestar):
    """Litestar, and around it what every request gets whatever answers it."""

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        if scope["type"] != "http":  # type: ignore[comparison-overlap]  # the enum that is meant is a str
            await super().__call__(scope, receive, send)
            return
        request = cast("HTTPScope", scope)
        state = access_log.begin(request)
        try:
            await super().__call__(scope, receive, access_log.watching(state, cast("Send", send)))
            if state.lingers:
                await access_log.linger(cast("Receive", receive))
        finally:
            await access_log.end(request, state)


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] | None = None) -> Litestar:
    """For an ASGI server; without settings, those of the environment. Raises `SettingsInvalid`."""
    if settings is None:
        settings = from_env(os.environ)
        logs.configure(process="web", level=settings.log_level)
    return serve_from(build(), settings, clock=clock)


def serve_from(app: Litestar, settings: Settings, *, clock: Callable[[], datetime] | None = None) -> Litestar:
    """Say what a built application stands on from its next start on."""
    app.state.start = partial(serving, settings=settings, clock=clock or _now)
    return app


def build() -> Litestar:
    """All routes, which takes 80 ms; what they stand on, `serve_from` says."""
    behind_the_guard = Router("/v1", route_handlers=ROUTES, before_request=guard)
    app = Api(
        route_handlers=[
            behind_the_guard,
            *console.ROUTES,
            *docs.ROUTES,
            *system.ROUTES,
            *github.PUBLIC,
            *tiktok_webhook.PUBLIC,
            *media.PUBLIC,
            *accounts.PUBLIC,
        ],
        request_class=ApiRequest,
        response_class=Reply,
        lifespan=[_start],
        exception_handlers={Exception: errors.answer},
        request_max_body_size=MAX_BODY,
        openapi_config=None,
        logging_config=None,
    )
    bind(app)
    app.state.openapi = document.render(app)
    return app


def _start(app: Litestar) -> AbstractAsyncContextManager[None]:
    start: Callable[[Litestar], AbstractAsyncContextManager[None]] = app.state.start
    return start(app)


def _now() -> datetime:
    return datetime.now(UTC)
