"""The bandit prefers a better value, keeps trying the others, and repeats its choice for a seed."""

from collections import Counter

import pytest

from generation import learning
from generation.learning import EngagementFigures, rank_by_sampled_rate

SEEDS = [f"seed-{number}" for number in range(400)]


def figures(value: str, posts: int, rate: float, views: int = 1000) -> EngagementFigures:
    """Return figures of posts with equal views, of which every other has a fifth more engagements than the next."""
    each = [views * rate * (1.1 if number % 2 else 0.9) for number in range(posts)]
    return EngagementFigures(
        value=value,
        pieces=posts,
        posts=posts,
        views=posts * views,
        engagements=round(sum(each)),
        views_squared=float(posts * views**2),
        views_by_engagements=sum(views * one for one in each),
        engagements_squared=sum(one**2 for one in each),
    )


def wins(*rows: EngagementFigures, also: tuple[str, ...] = ()) -> Counter[str]:
    values = [row.value for row in rows] + [*also]
    return Counter(rank_by_sampled_rate(values, rows, seed)[0] for seed in SEEDS)


def test_a_better_value_wins_most_draws_and_an_equal_one_half() -> None:
    assert wins(figures("good", 12, 0.06), figures("bad", 12, 0.02))["good"] > 0.95 * len(SEEDS)
    assert 0.4 * len(SEEDS) < wins(figures("one", 12, 0.04), figures("two", 12, 0.04))["one"] < 0.6 * len(SEEDS)


def test_an_untried_value_is_tried_and_a_bad_one_seldom() -> None:
    counted = wins(figures("good", 30, 0.06), figures("bad", 30, 0.02), also=("new",))
    assert counted["new"] > 0.05 * len(SEEDS)
    assert counted["bad"] < counted["new"]


def test_a_seed_repeats_its_order() -> None:
    rows = [figures("one", 9, 0.03), figures("two", 9, 0.04)]
    assert all(
        rank_by_sampled_rate(["one", "two"], rows, seed) == rank_by_sampled_rate(["two", "one"], rows[::-1], seed)
        for seed in SEEDS
    )


def test_a_share_of_pieces_follows_no_figures() -> None:
    share = sum(map(learning.is_exploring, SEEDS)) / len(SEEDS)
    assert learning.EXPLORATION_SHARE / 2 < share < learning.EXPLORATION_SHARE * 1.6


def test_few_posts_are_no_evidence() -> None:
    few, enough = figures("few", learning.MIN_POSTS_FOR_EVIDENCE - 1, 0.5), figures("enough", 9, 0.04)
    assert not learning.can_learn_from([few, enough])
    assert learning.can_learn_from([figures("other", 9, 0.01), enough])
    assert few.credible_interval is None
    low, high = enough.credible_interval or (1.0, 0.0)
    assert low < enough.rate < high


@pytest.mark.parametrize(
    "rows", [[], [figures("none", 6, 0.0)], [EngagementFigures("empty", 0, 0, 0, 0, 0.0, 0.0, 0.0)]]
)
def test_figures_without_engagements_still_rank(rows: list[EngagementFigures]) -> None:
    assert {*rank_by_sampled_rate(["none", "empty"], rows, "seed")} == {"none", "empty"}
