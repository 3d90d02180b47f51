"""Easing: how far a movement is, from 0 to 1, by the share of its time that has passed."""

#: How far a movement that overshoots goes beyond its end.
_OVERSHOOT = 1.6


def arriving(share: float) -> float:
    """Fast at first, then slower and slower."""
    return 1.0 if share >= 1 else 1.0 - 2.0 ** (-10 * max(0.0, share))


def popping(share: float) -> float:
    """A little beyond the end and back."""
    left = min(1.0, max(0.0, share)) - 1.0
    return left * left * ((_OVERSHOOT + 1) * left + _OVERSHOOT) + 1.0


def smooth(share: float) -> float:
    """Slow at both ends."""
    bounded = min(1.0, max(0.0, share))
    return bounded * bounded * (3 - 2 * bounded)
