"""Entry point `python -m workers.dispatcher`. All settings come from the environment."""

import os
import sys

import uvloop

from schemas.errors import SettingsInvalid
from schemas.settings import from_env
from telemetry import logs
from workers.dispatcher.loop import serve


def main() -> None:
    """Run the dispatcher. Exits with 0 when asked to stop, with 2 for a missing or wrong setting."""
    try:
        settings = from_env(os.environ)
        logs.configure(process="dispatcher", level=settings.log_level)
        uvloop.run(serve(settings))
    except SettingsInvalid as error:
        print(error, file=sys.stderr)  # noqa: T201  logging is not set up yet
        sys.exit(2)


if __name__ == "__main__":
    main()
