"""Figures of ads: sums of daily rows, and the ratios of these sums.

Money is summed in one currency, or not at all. People are never summed: one person may have seen two ads, or
one ad on two days. So a reach is known only for a single row.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from schemas.ads import AdMetric
from schemas.metrics import MetricFigure

#: Millionths in a cent.
MICROS_PER_CENT = 10_000


class AdDaySum(NamedTuple):
    """Sum of one day's rows in one currency, money in millionths.

    `shown` is the number of rows with impressions, and `reach` is their sum.
    """

    day: date
    currency: str
    spend: int
    impressions: int
    clicks: int
    conversions: int
    revenue: int
    shown: int
    reach: int | None


class MultiDayAdSum(NamedTuple):
    """Sum of any number of days. `reach` is that of the only row with impressions.

    With several such rows it is None, without any 0.
    """

    currencies: frozenset[str]
    spend: int
    impressions: int
    clicks: int
    conversions: int
    revenue: int
    reach: int | None


def sum_ad_days(days: Iterable[AdDaySum]) -> MultiDayAdSum:
    """Return the sums of daily ad rows: spend, impressions, clicks, conversions, revenue, and currencies.

    `reach` is that of the only row with impressions, 0 without such a row, None with several.
    """
    all_days = [*days]
    days_with_impressions = [day for day in all_days if day.shown]
    alone = len(days_with_impressions) == 1 and days_with_impressions[0].shown == 1
    return MultiDayAdSum(
        frozenset(day.currency for day in all_days),
        sum(day.spend for day in all_days),
        sum(day.impressions for day in all_days),
        sum(day.clicks for day in all_days),
        sum(day.conversions for day in all_days),
        sum(day.revenue for day in all_days),
        days_with_impressions[0].reach if alone else None if days_with_impressions else 0,
    )


def micros_to_cents(micros: int, count: int = 1) -> int | None:
    """Return `micros` (millionths) divided by `count` in whole cents, half a cent rounded up; None for count 0."""
    return (2 * micros + MICROS_PER_CENT * count) // (2 * MICROS_PER_CENT * count) if count else None


def ratio_or_none(part: int, whole: int | None) -> float | None:
    return part / whole if whole else None


#: Metrics that depend on money.
AD_MONEY_METRIC_FUNCTIONS: Mapping[AdMetric, Callable[[MultiDayAdSum], MetricFigure]] = {
    "spend": lambda figures: micros_to_cents(figures.spend),
    "cpa": lambda figures: micros_to_cents(figures.spend, figures.conversions),
    "cpc": lambda figures: micros_to_cents(figures.spend, figures.clicks),
    "cpm": lambda figures: micros_to_cents(1_000 * figures.spend, figures.impressions),
    "roas": lambda figures: ratio_or_none(figures.revenue, figures.spend),
}
AD_NON_MONEY_METRIC_FUNCTIONS: Mapping[AdMetric, Callable[[MultiDayAdSum], MetricFigure]] = {
    "impressions": lambda figures: figures.impressions,
    "clicks": lambda figures: figures.clicks,
    "conversions": lambda figures: figures.conversions,
    "ctr": lambda figures: ratio_or_none(figures.clicks, figures.impressions),
    "reach": lambda figures: figures.reach,
    "frequency": lambda figures: ratio_or_none(figures.impressions, figures.reach),
}


def compute_ad_metrics(found: MultiDayAdSum, metrics: Iterable[AdMetric], *, money: bool) -> dict[str, MetricFigure]:
    """Return these metrics by name from an ad sum, None if undefined; without `money`, metrics of money are None."""
    available = (
        {**AD_NON_MONEY_METRIC_FUNCTIONS, **AD_MONEY_METRIC_FUNCTIONS} if money else AD_NON_MONEY_METRIC_FUNCTIONS
    )
    return {name: available[name](found) if name in available else None for name in metrics}
