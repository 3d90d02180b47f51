"""How long to wait before the next attempt."""

import random

BASE_S, CAP_S = 2.0, 15 * 60.0


def full_jitter(attempt: int, draw: float | None = None) -> float:
    """Seconds to wait after the `attempt`th failure, evenly between 0 and a bound that doubles each time.

    `draw` in [0, 1) stands in for chance. Source: "Exponential Backoff And Jitter", AWS, 2015.
    """
    bound = min(CAP_S, BASE_S * 2.0 ** min(attempt - 1, 30))
    return bound * (random.random() if draw is None else draw)  # noqa: S311  spreads load, guards nothing
