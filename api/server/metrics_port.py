"""Placement of an API process's metrics: on the API's port for this machine only, or on their own port."""

from contextlib import AbstractAsyncContextManager

from litestar import Litestar

from schemas.settings import Settings
from telemetry import health


def is_metrics_on_api_port(app: Litestar, settings: Settings) -> bool:
    """Return whether the API's port serves the metrics: only this machine can reach it, and no proxy does."""
    private: bool = app.state.private
    return private and not settings.metrics_port and not settings.proxy_hops


def serve_metrics(app: Litestar, settings: Settings) -> AbstractAsyncContextManager[object]:
    """Measure the event loop's lag, and serve the metrics on their own port if they have one.

    Without `METRICS_PORT`, a public API serves its metrics to this machine only, so that no port is opened by
    default.
    """
    if is_metrics_on_api_port(app, settings):
        return health.measure_loop_lag()
    host = settings.health_host if settings.metrics_port else health.LOOPBACK_ADDRESS
    return health.serve_health(settings.metrics_port, setting="METRICS_PORT", host=host, hosts=settings.hosts)
