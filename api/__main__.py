"""Entry point `python -m api --port N`: the parent of the API's processes. Settings come from the environment."""

import argparse
import sys

from api.server.sockets import listen_on_port
from processes.parent import run_parent
from schemas.errors import SettingsInvalid


def main(arguments: list[str]) -> None:
    """Serve the API until a stop signal, and exit with 0; exit with 2 for a wrong argument or setting.

    The parent imports no more than this: `api.image` loads settings and application.
    """
    options = _build_api_server_argument_parser().parse_args(arguments)
    try:
        with listen_on_port(options.host, options.port) as sockets:
            sys.exit(run_parent("api.image", [f"--app={options.app}"], sockets=sockets))
    except SettingsInvalid as error:
        print(error, file=sys.stderr)  # noqa: T201  for the person who started it
        sys.exit(2)


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


if __name__ == "__main__":
    main(sys.argv[1:])
