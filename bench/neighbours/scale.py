"""The size of a run of neighbours."""

from typing import NamedTuple


class Scale(NamedTuple):
    """`strength` multiplies whatever an attack has many of.

    In each window of `window_s` seconds the victim asks every `request_s` seconds, or starts a job every
    `job_s`. What has no answer after `patience_s` seconds counts as having taken that long.
    """

    window_s: float = 15.0
    request_s: float = 0.1
    job_s: float = 0.5
    patience_s: float = 60.0
    strength: float = 1.0

    def many(self, count: int) -> int:
        """So many at full strength, and one at least."""
        return max(1, round(count * self.strength))


FULL = Scale()
#: For a test that everything works, not for a figure that means something.
TINY = Scale(window_s=1.0, request_s=0.2, job_s=0.5, patience_s=300.0, strength=0.02)
