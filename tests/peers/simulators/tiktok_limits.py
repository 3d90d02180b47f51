"""Limits of calls within a minute."""

from collections import defaultdict, deque


class Windows:
    """Sliding windows. What is over the limit isn't counted."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def admits(self, what: str, who: str, limit: int, now: float, window_s: float = 60) -> bool:
        times = self._times[what, who]
        while times and times[0] <= now - window_s:
            times.popleft()
        if len(times) >= limit:
            return False
        times.append(now)
        return True
