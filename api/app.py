"""The application: routes, what wraps them, and the answers to what goes wrong."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial
from typing import cast

from litestar import Litestar, Router
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from api import access, errors
from api.answers import Answer
from api.gate import bind, gate
from api.lifespan import serving
from api.openapi import document
from api.requests import ApiRequest
from api.routes import (
    audit,
    brand,
    console,
    content,
    docs,
    github,
    hints,
    ingest,
    jobs,
    keys,
    leases,
    lending,
    media,
    ops,
    posts,
    projects,
    social,
    system,
    whoami,
)
from schemas.settings import Settings, from_env
from telemetry import logs

MAX_BODY = 1024 * 1024

#: Everything under /v1 that needs a key.
ROUTES = [
    *projects.ROUTES,
    *ingest.ROUTES,
    *brand.ROUTES,
    *content.ROUTES,
    *posts.ROUTES,
    *github.ROUTES,
    *social.ROUTES,
    *leases.ROUTES,
    *jobs.ROUTES,
    *ops.ROUTES,
    *lending.ROUTES,
    *keys.ROUTES,
    *audit.ROUTES,
    *whoami.ROUTES,
]


class Api(Litestar):
    """Litestar, and around it what every exchange gets whatever answers it."""

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        if scope["type"] != "http":  # type: ignore[comparison-overlap]  # the enum that is meant is a str
            await super().__call__(scope, receive, send)
            return
        request = cast("HTTPScope", scope)
        exchange = access.begin(request)
        try:
            await super().__call__(scope, receive, access.watching(exchange, cast("Send", send)))
            if exchange.lingers:
                await access.linger(cast("Receive", receive))
        finally:
            await access.end(request, exchange)


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
    behind_the_gate = Router("/v1", route_handlers=ROUTES, before_request=gate)
    app = Api(
        route_handlers=[
            behind_the_gate,
            *console.ROUTES,
            *docs.ROUTES,
            *system.ROUTES,
            *github.PUBLIC,
            *hints.PUBLIC,
            *media.PUBLIC,
            *social.PUBLIC,
        ],
        request_class=ApiRequest,
        response_class=Answer,
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
