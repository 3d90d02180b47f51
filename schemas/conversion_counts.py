"""Conversions: events that are worth something, counted and summed."""

from typing import Literal

from schemas import ids
from schemas.apps import AppPlatform
from schemas.base import Out
from schemas.metrics import MetricWindow

Grouping = Literal["platform", "appId", "eventName", "day", "hour", "currency"]


class ConversionTotals(Out, frozen=True, kw_only=True):
    """A number of conversions, and what they are worth."""

    count: int
    """How many there were."""
    value: float | None
    """The sum of their values. Null where currencies are mixed: they are never added up."""
    currency: str | None
    """The currency of the value; null where none was sent, or several."""


class ConversionGroup(ConversionTotals, frozen=True, kw_only=True):
    """Conversions that have in common what `groupBy` names; other fields are null."""

    platform: AppPlatform | None
    """What their app is built for or with."""
    app_id: ids.AppId | None
    event_name: str | None
    """What happened."""
    day: str | None
    """The date, in the project's zone."""
    hour: str | None
    """The first instant of the hour, in UTC."""


class Conversions(Out, frozen=True, kw_only=True):
    """Conversions of a window."""

    window: MetricWindow
    """The time that was counted."""
    timezone: str
    """The project's zone, which days and hours are of."""
    event_names: list[str]
    """Names of events that were counted."""
    totals: ConversionTotals
    """Of all of them."""
    groups: list[ConversionGroup]
    """By what `groupBy` names, only those that have some. Without it, none."""
