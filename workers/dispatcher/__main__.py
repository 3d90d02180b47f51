"""Entry point `python -m workers.dispatcher`. All settings come from the environment."""

import argparse
import os

import uvloop

from db.starting import exit_on_expected_start_errors, warn_misspelt_settings
from schemas.settings import load_settings
from telemetry import logs
from telemetry.exporting import export_spans

DISPATCHER_HELP = "Wake pools for due jobs and run the chores, until SIGTERM. One leads, others stand by."


def main() -> None:
    """Run the dispatcher. Exits with 0 after a stop signal, 2 for a wrong setting, 1 for an unusable database."""
    argparse.ArgumentParser("python -m workers.dispatcher", description=DISPATCHER_HELP).parse_args()
    with exit_on_expected_start_errors():
        settings = load_settings(os.environ)
        logs.configure_logging(process="dispatcher", level=settings.log_level)
        warn_misspelt_settings(os.environ)
        # These imports take most of the start: a wrong argument or setting fails before them.
        from workers.dispatcher.loop import serve_dispatcher  # noqa: PLC0415

        with export_spans(os.environ, process="dispatcher"):
            uvloop.run(serve_dispatcher(settings))


if __name__ == "__main__":
    main()
