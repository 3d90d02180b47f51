"""Entry point `python -m workers.dispatcher`. All settings come from the environment."""

import argparse
import os

import uvloop

from db.starting import starting, warn_misspelt
from schemas.settings import from_env
from telemetry import logs
from telemetry.exporting import exporting

DESCRIPTION = "Wake pools for due jobs and do the chores, until SIGTERM. One works, others stand by."


def main() -> None:
    """Run the dispatcher. Exits with 0 when asked to stop, with 2 for a missing or wrong setting."""
    argparse.ArgumentParser("python -m workers.dispatcher", description=DESCRIPTION).parse_args()
    with starting():
        settings = from_env(os.environ)
        logs.configure(process="dispatcher", level=settings.log_level)
        warn_misspelt(os.environ)
        # Most of a start: a wrong word doesn't wait for it.
        from workers.dispatcher.loop import serve  # noqa: PLC0415

        with exporting(os.environ, process="dispatcher"):
            uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
