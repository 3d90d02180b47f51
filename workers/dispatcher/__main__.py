"""Entry point `python -m workers.dispatcher`. All settings come from the environment."""

import argparse
import os

import uvloop

from db.starting import exit_on_expected_errors, warn_misspelt
from schemas.settings import from_env
from telemetry import logs
from telemetry.exporting import export_spans

DESCRIPTION = "Wake pools for due jobs and run the chores, until SIGTERM. One leads, others stand by."


def main() -> None:
    """Run the dispatcher. Exits with 0 after a stop signal, with 2 for a missing or wrong setting."""
    argparse.ArgumentParser("python -m workers.dispatcher", description=DESCRIPTION).parse_args()
    with exit_on_expected_errors():
        settings = from_env(os.environ)
        logs.configure(process="dispatcher", level=settings.log_level)
        warn_misspelt(os.environ)
        # These imports take most of the start: a wrong argument or setting fails before them.
        from workers.dispatcher.loop import serve  # noqa: PLC0415

        with export_spans(os.environ, process="dispatcher"):
            uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
