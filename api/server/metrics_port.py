"""Placement of an API process's metrics: on the API's port for this machine only, or on their own port."""

from contextlib import AbstractAsyncContextManager

from litestar import Litestar

from schemas.settings import Settings
from telemetry import health


def are_metrics_served_on_api_port(app: Litestar, settings: Settings) -> bool:
    """Return whether the API's port serves metrics: only this machine reaches it, no proxy, no `METRICS_PORT`.

    Several processes on one port don't: each scrape would reach another process.
    """
    private: bool = app.state.private
    return private and not settings.metrics_port and not settings.proxy_hops and settings.processes == 1


def serve_metrics_on_own_port_if_needed(app: Litestar, settings: Settings) -> AbstractAsyncContextManager[object]:
    """Return a context that measures the event loop's lag; it serves the metrics, unless the API's port does.

    It serves them on `METRICS_PORT` plus the process's number, else to this machine only, on a free port. Raises
    `SettingsInvalid` on entry.
    """
    if are_metrics_served_on_api_port(app, settings):
        return health.measure_loop_lag()
    host = settings.health_host if settings.metrics_port else health.LOOPBACK_ADDRESS
    return health.serve_process_health(
        settings.metrics_port,
        app.state.process,
        setting="METRICS_PORT",
        host=host,
        hosts=settings.allowed_request_hosts,
    )
