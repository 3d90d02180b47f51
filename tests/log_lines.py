"""Log lines of tests, without a process's configuration."""

from typing import TextIO

import structlog


def write_logs(stream: TextIO | None = None) -> None:
    """Write lines to a stream, else by `sys.stdout.write`, and not by `print`, structlog's default.

    CPython 3.11's `print` keeps no reference to `sys.stdout` (github.com/python/cpython/issues/130163). A
    logging thread crashes the process if a test's `CliRunner` or `capsys` replaces it in that moment.
    """
    structlog.reset_defaults()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(stream))
