"""Warnings about the host, logged once at the start of a process."""

from generation.confinement import confine
from telemetry import logs

_log = logs.get_logger("host")


def warn_of_missing_kernel_sandbox() -> None:
    """Log the parts of the kernel's sandbox that child processes lack."""
    if missing := confine.find_missing_kernel_sandbox_parts():
        _log.warning("child processes that parse uploads run without a part of the sandbox", missing=missing)
