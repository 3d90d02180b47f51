"""Figures of ads: sums of daily rows, and the ratios of these sums.

Money is summed in one currency, or not at all. People are never summed: one person may have seen two ads, or
one ad on two days. So a reach is known only for a single row.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from schemas.ads import AdMetric
from schemas.metrics import Figure

#: Millionths in a cent.
CENT = 10_000


class DaySum(NamedTuple):
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


class Sum(NamedTuple):
    """Sum of any number of days."""

    currencies: frozenset[str]
    spend: int
    impressions: int
    clicks: int
    conversions: int
    revenue: int
    reach: int | None


def add(days: Iterable[DaySum]) -> Sum:
    """Sum all days."""
    found = [*days]
    shown = [day for day in found if day.shown]
    alone = len(shown) == 1 and shown[0].shown == 1
    return Sum(
        frozenset(day.currency for day in found),
        sum(day.spend for day in found),
        sum(day.impressions for day in found),
        sum(day.clicks for day in found),
        sum(day.conversions for day in found),
        sum(day.revenue for day in found),
        shown[0].reach if alone else None if shown else 0,
    )


def cents(micros: int, count: int = 1) -> int | None:
    """Return the share of each of `count` in whole cents, half a cent rounded up; None for a count of 0."""
    return (2 * micros + CENT * count) // (2 * CENT * count) if count else None


def ratio(part: int, whole: int | None) -> float | None:
    return part / whole if whole else None


#: Metrics that depend on money.
MONEY: Mapping[AdMetric, Callable[[Sum], Figure]] = {
    "spend": lambda one: cents(one.spend),
    "cpa": lambda one: cents(one.spend, one.conversions),
    "cpc": lambda one: cents(one.spend, one.clicks),
    "cpm": lambda one: cents(1_000 * one.spend, one.impressions),
    "roas": lambda one: ratio(one.revenue, one.spend),
}
COUNTED: Mapping[AdMetric, Callable[[Sum], Figure]] = {
    "impressions": lambda one: one.impressions,
    "clicks": lambda one: one.clicks,
    "conversions": lambda one: one.conversions,
    "ctr": lambda one: ratio(one.clicks, one.impressions),
    "reach": lambda one: one.reach,
    "frequency": lambda one: ratio(one.impressions, one.reach),
}


def values(found: Sum, metrics: Iterable[AdMetric], *, money: bool) -> dict[str, Figure]:
    """Return these metrics of a sum; without `money`, those that depend on it are None."""
    known = {**COUNTED, **MONEY} if money else COUNTED
    return {name: known[name](found) if name in known else None for name in metrics}
