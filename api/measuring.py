"""Place of an API process's metrics: beside `/v1` for this machine alone, or a port of their own."""

from contextlib import AbstractAsyncContextManager

from litestar import Litestar

from schemas.settings import Settings
from telemetry import health, lag


def is_beside(app: Litestar, settings: Settings) -> bool:
    """True where they are beside `/v1`: only this machine can call, and no proxy calls for others."""
    private: bool = app.state.private
    return private and not settings.metrics_port and not settings.proxy_hops


def measured(app: Litestar, settings: Settings) -> AbstractAsyncContextManager[object]:
    """The loop's lag, measured; where metrics have a port of their own, their server too.

    Where nobody gave a public API a port for them, this machine alone may ask: none is open unasked.
    """
    if is_beside(app, settings):
        return lag.measured()
    host = settings.health_host if settings.metrics_port else health.HERE
    return health.serving(settings.metrics_port, setting="METRICS_PORT", host=host, hosts=settings.hosts)
