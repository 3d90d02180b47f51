"""Easing functions: the progress of a movement by the share of its time, both from 0 to 1."""

#: Overshoot of the back-out easing.
_BACK_EASING_OVERSHOOT = 1.6


def ease_out(share: float) -> float:
    """Return the progress of a movement that is fast at first, then exponentially slower."""
    return 1.0 if share >= 1 else 1.0 - 2.0 ** (-10 * max(0.0, share))


def ease_out_back(share: float) -> float:
    """Return the progress of a movement that overshoots its end, over 1, and comes back to it."""
    left = min(1.0, max(0.0, share)) - 1.0
    return left * left * ((_BACK_EASING_OVERSHOOT + 1) * left + _BACK_EASING_OVERSHOOT) + 1.0


def ease_in_out(share: float) -> float:
    """Return the progress of a movement that is slow at both ends."""
    bounded = min(1.0, max(0.0, share))
    return bounded * bounded * (3 - 2 * bounded)
