"""Warnings about the host, once at the start of a process."""

from generation.confinement import confine
from telemetry import logs

_log = logs.get("host")


def warn_of_host() -> None:
    """Logs which parts of the kernel's sandbox children of this process don't get."""
    if missing := confine.missing():
        _log.warning(
            "children that read files of strangers run without a part of the sandbox", missing=missing
        )
