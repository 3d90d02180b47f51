"""Log lines of tests, which no process configures."""

import structlog


def write_logs() -> None:
    """Write lines by `sys.stdout.write`, and not by `print`, which structlog takes by default.

    CPython 3.11's `print` keeps no reference to `sys.stdout` (github.com/python/cpython/issues/130163). A
    thread that logs crashes the process when a test's `CliRunner` or `capsys` replaces it in that moment.
    """
    structlog.reset_defaults()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory())
