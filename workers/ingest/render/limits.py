"""Limits of one drawing, and the resources that its processes have used."""

from typing import Literal, NamedTuple, TypeAlias

import msgspec

#: Share of a limit from which the page is read as it is drawn so far: a page at its limit may not answer.
READING_SHARE = 0.7

#: The cause of a drawing's early end: a limit, the browser's own end, or a full browser queue.
DrawingEnd: TypeAlias = Literal["cpu", "memory", "time", "requests", "crash", "busy"]


class DrawingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one drawing.

    `cpu_s` and `memory_bytes` (proportional set size) are those of all processes together. Requests beyond
    `requests`, and responses beyond `response_bytes` in all, fail. At ten times as many requests the page is read.
    """

    cpu_s: float = 10.0
    memory_bytes: int = 900 << 20
    wall_s: float = 20.0
    requests: int = 120
    response_bytes: int = 16 << 20


class ResourceUsage(NamedTuple):
    """CPU seconds and memory (proportional set size) of a process tree, and the seconds since its start."""

    cpu_s: float = 0.0
    memory_bytes: int = 0
    wall_s: float = 0.0

    def keep_higher(self, other: "ResourceUsage") -> "ResourceUsage":
        """Return the higher usage of each resource."""
        return ResourceUsage(
            max(self.cpu_s, other.cpu_s), max(self.memory_bytes, other.memory_bytes), max(self.wall_s, other.wall_s)
        )


def find_exceeded_limit(usage: ResourceUsage, limits: DrawingLimits, share: float = 1.0) -> DrawingEnd | None:
    """Return the first resource with a usage over its limit's `share`; None if each is below."""
    if usage.cpu_s > share * limits.cpu_s:
        return "cpu"
    if usage.memory_bytes > share * limits.memory_bytes:
        return "memory"
    return "time" if usage.wall_s > share * limits.wall_s else None
