"""Image of the API: imports the application once, and forks the processes that serve it."""

import argparse
import os
import sys
from importlib import import_module
from typing import Any

import uvloop

from db.starting import exit_on_expected_start_errors, warn_misspelt_settings
from processes.image import fork_processes, parse_process_image_options
from schemas.settings import load_settings
from telemetry.exporting import export_spans

#: Modules that libraries import at their first use. Each process would import them after its fork, in 15 ms.
LATE_IMPORTED_MODULES = ("anyio._backends._asyncio", "anyio.streams.memory", "uvicorn.lifespan.off")


def main(arguments: list[str]) -> None:
    """Fork `PROCESSES` processes and a spare, and keep them running until SIGTERM. Exit with 2 for a wrong setting.

    `--app` is the application as MODULE:FACTORY.
    """
    parser = argparse.ArgumentParser("python -m api.image")
    parser.add_argument("--app", required=True)
    options = parse_process_image_options(parser, arguments)
    with exit_on_expected_start_errors():
        settings = load_settings(os.environ)
        # Imported after the settings are checked: Litestar and the routes take most of the start-up time.
        from api.server.admission import build_http_connection_limits  # noqa: PLC0415
        from api.server.serve import serve_application  # noqa: PLC0415

        limits, app = build_http_connection_limits(settings), _create_asgi_app(options.app)
        warn_misspelt_settings(os.environ)
        for module in LATE_IMPORTED_MODULES:
            import_module(module)
        process = fork_processes(settings.processes, options.image, has_spare=True)
        with export_spans(os.environ, process="web"):
            uvloop.run(serve_application(app, limits, options.image.sockets, process))


def _create_asgi_app(path: str) -> Any:
    """Import the module of `MODULE:FACTORY`, call its function, and return the application that it creates."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)()


if __name__ == "__main__":
    main(sys.argv[1:])
