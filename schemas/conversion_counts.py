"""Conversion events, counted and summed."""

from typing import Literal

from schemas import ids
from schemas.apps import AppPlatform
from schemas.base import ResponseStruct, UtcInstant
from schemas.metrics import MetricWindow

ConversionGrouping = Literal["platform", "appId", "eventName", "day", "hour", "currency"]


class ConversionTotals(ResponseStruct, frozen=True, kw_only=True):
    """A number of conversions, and their value."""

    count: int
    """Number of conversions."""
    value: float | None
    """The sum of their values. Null for several currencies, which are never summed."""
    currency: str | None
    """The currency of the value; null if no currency was sent, or several."""


class ConversionGroup(ConversionTotals, frozen=True, kw_only=True):
    """Conversions grouped by the properties in `groupBy`; other properties are null."""

    platform: AppPlatform | None
    """The platform or framework of the app."""
    app_id: ids.SdkAppId | None
    event_name: str | None
    """The event's name."""
    day: str | None
    """The date, in the project's time zone."""
    hour: str | None
    """The first instant of the hour, in UTC."""


class Conversions(ResponseStruct, frozen=True, kw_only=True):
    """Conversions of a window."""

    as_of: UtcInstant
    """All events with a 202 from before this time are counted. It is the time of the answer, or earlier after a flood
    of events.
    """
    window: MetricWindow
    """The counted time."""
    timezone: str
    """The project's time zone, which defines days and hours."""
    event_names: list[str]
    """The names of the counted events."""
    totals: ConversionTotals
    """Totals of all conversions."""
    groups: list[ConversionGroup]
    """The groups of `groupBy` with at least one conversion. Empty without `groupBy`."""
