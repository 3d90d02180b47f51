"""Backoff of deliveries: waits between attempts, with jitter and a receiver's Retry-After."""

import random

#: Seconds from a failed attempt to the next one. With the first that is ten attempts in about 76 hours.
WEBHOOK_RETRY_WAITS_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: Each wait varies by up to this part: deliveries that failed together are spread out.
WEBHOOK_RETRY_WAIT_JITTER = 0.1
MAX_WEBHOOK_DELIVERY_ATTEMPTS = len(WEBHOOK_RETRY_WAITS_S) + 1


def webhook_delivery_retry_wait_s(tries: int, *, asked_s: float | None, draw: float | None = None) -> float | None:
    """Return the seconds until a webhook delivery's next attempt after `tries`; None after the last, the tenth.

    `asked_s` is the receiver's Retry-After, a lower bound. `draw` in [0, 1) replaces the random number.
    """
    if tries >= MAX_WEBHOOK_DELIVERY_ATTEMPTS:
        return None
    chance = random.random() if draw is None else draw  # noqa: S311  spreads load, guards nothing
    return max(WEBHOOK_RETRY_WAITS_S[tries - 1] * (1 + WEBHOOK_RETRY_WAIT_JITTER * (2 * chance - 1)), asked_s or 0.0)
