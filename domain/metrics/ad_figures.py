"""Figures of ads: rows of days added up, and what follows from the sums.

Money is added up in one currency, or not at all. People are never added up: who saw two ads, or one on two
days, may be one person. So a reach is known where it is that of a single row.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from schemas.ads import AdMetric
from schemas.metrics import Figure

#: Millionths in a cent.
CENT = 10_000


class DaySum(NamedTuple):
    """Rows of one day in one currency, money in millionths.

    `shown` are those that anybody saw, `reach` is theirs together.
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
    """The same of any days."""

    currencies: frozenset[str]
    spend: int
    impressions: int
    clicks: int
    conversions: int
    revenue: int
    reach: int | None


def add(days: Iterable[DaySum]) -> Sum:
    """All of them as one."""
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
    """The part of one of `count` in whole cents, half a cent rounded up; None where there is none."""
    return (2 * micros + CENT * count) // (2 * CENT * count) if count else None


def ratio(part: int, whole: int | None) -> float | None:
    return part / whole if whole else None


#: Those that are money, or made of it.
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
    """These metrics of a sum; without `money` those that are made of it are None."""
    known = {**COUNTED, **MONEY} if money else COUNTED
    return {name: known[name](found) if name in known else None for name in metrics}
