"""`python -m workers.dispatcher`; everything comes from the environment."""

import os
import sys

import uvloop

from schemas.errors import SettingsInvalid
from schemas.settings import from_env
from telemetry import logs
from workers.dispatcher.loop import serve


def main() -> None:
    """Ends with 0 when asked to stop, 2 without its settings."""
    try:
        settings = from_env(os.environ)
        logs.configure(process="dispatcher", level=settings.log_level)
        uvloop.run(serve(settings))
    except SettingsInvalid as error:
        print(error, file=sys.stderr)  # noqa: T201  no log yet
        sys.exit(2)


if __name__ == "__main__":
    main()
