"""Learning from figures: a bandit with Thompson sampling over the values of an axis, such as looks.

Posts are the samples, not views: views of one post depend on each other. So the standard error of a rate is the one
of a ratio of sums over posts, and the rate's distribution is the normal one with this error.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import NamedTuple

from generation.seeds import seeded_random_number

#: Posts with views that a value needs before its figures count.
MIN_POSTS_FOR_EVIDENCE = 5
#: Values with so many posts that a comparison needs.
MIN_COMPARED_VALUES = 2
#: Share of pieces that follow no figures, so that each value is tried now and then.
EXPLORATION_SHARE = 0.1
#: Smallest standard error in a draw, as a share of the rate: old figures of many posts never decide for good.
MIN_RELATIVE_ERROR = 0.1
#: Standard deviation of a value without evidence, as a share of the rate of all posts.
UNTRIED_RELATIVE_DEVIATION = 0.5
#: Probability that a rate lies in its credible interval.
CREDIBLE_SHARE = 0.9
#: Half of the smallest difference between two seeded numbers: keeps a number above 0.
_SEEDED_NUMBER_HALF_STEP = 2**-49


class EngagementFigures(NamedTuple):
    """Sums over the posts with views of a value: views, engagements, and their products for the standard error."""

    value: str
    pieces: int
    posts: int
    views: int
    engagements: int
    views_squared: float
    views_by_engagements: float
    engagements_squared: float

    @property
    def rate(self) -> float:
        """Return the engagements divided by the views; 0 without a view."""
        return self.engagements / self.views if self.views > 0 else 0.0

    @property
    def standard_error(self) -> float:
        """Return the standard error of the rate, by the linearized ratio of sums; infinite for fewer than two posts."""
        if self.posts < 2 or self.views <= 0:
            return math.inf
        residuals = (
            self.engagements_squared - 2 * self.rate * self.views_by_engagements + self.rate**2 * self.views_squared
        )
        return math.sqrt(max(residuals, 0.0) * self.posts / (self.posts - 1)) / self.views

    @property
    def has_evidence(self) -> bool:
        return self.posts >= MIN_POSTS_FOR_EVIDENCE and self.views > 0

    @property
    def credible_interval(self) -> tuple[float, float] | None:
        """Return the bounds of the rate with a probability of `CREDIBLE_SHARE`; None without evidence."""
        if not self.has_evidence:
            return None
        margin = NormalDist().inv_cdf((1 + CREDIBLE_SHARE) / 2) * self.standard_error
        return max(self.rate - margin, 0.0), self.rate + margin


def sum_figures(figures: Iterable[EngagementFigures], value: str = "") -> EngagementFigures:
    """Return the figures of several values as those of one."""
    rows = [*figures]
    counts = [sum(counted) for counted in zip(*(row[1:5] for row in rows), strict=True)] or [0] * 4
    squares = [math.fsum(summed) for summed in zip(*(row[5:] for row in rows), strict=True)] or [0.0] * 3
    return EngagementFigures(value, *counts, *squares)


def can_learn_from(figures: Sequence[EngagementFigures]) -> bool:
    """Return whether enough values have enough posts to be compared."""
    return sum(row.has_evidence for row in figures) >= MIN_COMPARED_VALUES


def is_exploring(seed: str) -> bool:
    """Return whether the piece of a seed follows no figures."""
    return seeded_random_number(seed, "exploration") < EXPLORATION_SHARE


def rank_by_sampled_rate(values: Sequence[str], figures: Sequence[EngagementFigures], seed: str) -> list[str]:
    """Return the values by a rate that the seed draws for each from its likely ones, the highest first.

    A value without enough posts draws around the rate of all posts: it is tried as long as it may be better.
    """
    mean = sum_figures(figures).rate
    untried = NormalDist(mean, max(mean * UNTRIED_RELATIVE_DEVIATION, _SEEDED_NUMBER_HALF_STEP))
    likely = {row.value: _describe_likely_rate(row) for row in figures if row.has_evidence}
    drawn = {
        value: likely.get(value, untried).inv_cdf(
            seeded_random_number(seed, f"sampled rate:{value}") + _SEEDED_NUMBER_HALF_STEP
        )
        for value in values
    }
    return sorted(values, key=lambda value: -drawn[value])


def _describe_likely_rate(row: EngagementFigures) -> NormalDist:
    return NormalDist(row.rate, max(row.standard_error, row.rate * MIN_RELATIVE_ERROR, _SEEDED_NUMBER_HALF_STEP))


def explain_value(value: str, figures: Sequence[EngagementFigures]) -> str:
    """Return a value's rate and the rate of the others, or that it has too few posts, as text."""
    own = next((row for row in figures if row.value == value), None)
    others = sum_figures(row for row in figures if row.value != value)
    if own is None or not own.has_evidence:
        return f"has fewer than {MIN_POSTS_FOR_EVIDENCE} posts with views, so it is tried"
    return f"{100 * own.rate:.1f} % engagement over {own.posts} posts, {100 * others.rate:.1f} % for the others"
