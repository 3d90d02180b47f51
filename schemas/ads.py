"""Ads: what each came to on a day, as a partner imports it, and metrics of it."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import In, Out, Text
from schemas.metrics import Metrics

AdPlatform = Literal["meta_ads", "tiktok_ads", "apple_ads"]

AdScope = Literal["ad", "adset", "campaign", "ad_account", "project"]

AdMetric = Literal[
    "spend", "impressions", "clicks", "conversions", "cpa", "cpc", "cpm", "ctr", "roas", "reach", "frequency",
]  # fmt: skip

AdGranularity = Literal["day", "week"]

#: Rows of one request, at most.
MOST_ROWS = 1_000

#: The attribution window of rows that name none.
USUAL_WINDOW = "default"

AdId = Annotated[Text, Meta(min_length=1, max_length=64, examples=["23851234567890123"])]
Day = Annotated[date, Meta(examples=["2026-11-01"])]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
AttributionWindow = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,64}$", examples=["7d_click"])]
Count = Annotated[int, Meta(ge=0, le=10**12)]
#: Millionths of a currency's unit.
Micros = Annotated[int, Meta(ge=0, le=10**15)]


class AdRow(In, frozen=True, kw_only=True):
    """What one ad came to on one day. The same ad, day and window again replaces it."""

    platform: AdPlatform
    """Where the ad is shown."""
    ad_account_id: AdId
    """The platform's id of the ad account."""
    campaign_id: AdId
    """The platform's id of the campaign."""
    adset_id: AdId
    """The platform's id of the ad set, which TikTok and Apple call ad group."""
    ad_id: AdId
    """The platform's id of the ad."""
    date: Day
    """The day, in the ad account's zone."""
    attribution_window: AttributionWindow = USUAL_WINDOW
    """By which conversions were attributed, in your words, ten a project. Rows of two are never added up."""
    currency: Currency
    """The ad account's currency, one of ISO 4217."""
    spend_micros: Micros
    """What it cost, in millionths of the currency's unit."""
    impressions: Count
    """How often it was shown."""
    clicks: Count
    """How often it was clicked."""
    conversions: Count = 0
    """What came of it."""
    revenue_micros: Micros = 0
    """What its conversions were worth, in millionths of the currency's unit."""
    reach: Count | None = None
    """How many people saw it that day, where the platform says so."""


class AdRows(In, frozen=True, kw_only=True):
    """Rows to import: all of them or, if one can't be, none."""

    rows: Annotated[list[AdRow], Meta(min_length=1, max_length=MOST_ROWS)]
    """The rows, no two of one ad, day and window."""


class AdRowsImported(Out, frozen=True, kw_only=True):
    """Rows that were imported."""

    imported: int
    """How many."""
    replaced: int
    """How many of them replaced one of the same ad, day and window."""


class AdRowsDeleted(Out, frozen=True, kw_only=True):
    """Rows that were deleted."""

    deleted: int
    """How many."""
    more: bool
    """Whether there may be others: send the same again."""


class AdMetrics(Metrics, frozen=True, kw_only=True):
    """Metrics of ads as a series, by days as the ad accounts count them.

    A day that the window touches is in it whole. Money is in cents: hundredths of the currency's unit.
    """

    currency: str | None
    """Of all that is money. Null where there are no rows, or several currencies: then so is what is money."""
