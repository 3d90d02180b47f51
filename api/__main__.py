"""Entry point `python -m api --port N`: runs one API process. Settings come from the environment."""

import argparse
import os
import sys
from importlib import import_module
from typing import Any

import uvloop

from db.starting import exit_on_expected_start_errors, warn_misspelt_settings
from schemas.settings import load_settings
from telemetry.exporting import export_spans


def main(arguments: list[str]) -> None:
    """Serve the API until a stop signal, and exit with 0; exit with 2 for a wrong argument or setting."""
    options = _build_api_server_argument_parser().parse_args(arguments)
    with exit_on_expected_start_errors():
        settings = load_settings(os.environ)
        # Imported after the arguments are checked: Litestar and the routes take most of the start-up time.
        from api.server.admission import build_connection_limits  # noqa: PLC0415
        from api.server.serve import serve_application  # noqa: PLC0415

        limits = build_connection_limits(settings)
        app = _create_asgi_app(options.app)
        warn_misspelt_settings(os.environ)
        with export_spans(os.environ, process="web"):
            uvloop.run(serve_application(app, limits, host=options.host, port=options.port))


def _build_api_server_argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m api", description="Serve the API until SIGTERM.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to bind to (default: %(default)s)")
    parser.add_argument("--port", type=_parse_port_argument, required=True)
    parser.add_argument(
        "--app",
        default="api.app:create_app",
        help="serve another application, given as MODULE:FACTORY, with the API's limits",
    )
    return parser


def _parse_port_argument(text: str) -> int:
    """Parse a port from 0 to 65535. Raises `ArgumentTypeError` for any other text.

    Without the check, `getaddrinfo` wraps a number above 65535 around to 0 silently.
    """
    if text.isdecimal() and int(text) < 2**16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a port: use 0 to 65535")


def _create_asgi_app(path: str) -> Any:
    """Import the module of `MODULE:FACTORY`, call its function, and return the application that it creates."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)()


if __name__ == "__main__":
    main(sys.argv[1:])
