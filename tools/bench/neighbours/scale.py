"""The size of a neighbours run."""

from typing import NamedTuple


class Scale(NamedTuple):
    """`strength` multiplies the counts of an attack.

    In each window of `window_s` seconds the victim sends a request every `request_s` seconds, or starts a job
    every `job_s`. An action without a response after `patience_s` seconds counts with that time.
    """

    window_s: float = 15.0
    request_s: float = 0.1
    job_s: float = 0.5
    patience_s: float = 60.0
    strength: float = 1.0

    def many(self, count: int) -> int:
        """Scale `count` by the strength, to at least one."""
        return max(1, round(count * self.strength))


FULL = Scale()
#: A size for tests: it checks that everything works, without meaningful figures.
TINY = Scale(window_s=1.0, request_s=0.2, job_s=0.5, patience_s=300.0, strength=0.02)
