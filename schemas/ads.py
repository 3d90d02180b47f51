"""Ads: daily rows that a partner imports, and their metrics."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import NulFreeText, RequestStruct, ResponseStruct
from schemas.metrics import Metrics

AdPlatform = Literal["meta_ads", "tiktok_ads", "apple_ads"]

AdScope = Literal["ad", "adset", "campaign", "ad_account", "project"]

AdMetric = Literal[
    "spend", "impressions", "clicks", "conversions", "cpa", "cpc", "cpm", "ctr", "roas", "reach", "frequency",
]  # fmt: skip

AdGranularity = Literal["day", "week"]

#: Maximum rows of one request.
MAX_AD_ROWS_PER_REQUEST = 1_000

#: The default attribution window of a row.
DEFAULT_ATTRIBUTION_WINDOW_NAME = "default"

AdId = Annotated[NulFreeText, Meta(min_length=1, max_length=64, examples=["23851234567890123"])]
AdDay = Annotated[date, Meta(examples=["2026-11-01"])]
CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
AttributionWindow = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,64}$", examples=["7d_click"])]
AdMetricCount = Annotated[int, Meta(ge=0, le=10**12)]
#: Millionths of a currency's unit.
CurrencyMicros = Annotated[int, Meta(ge=0, le=10**15)]


class AdRow(RequestStruct, frozen=True, kw_only=True):
    """The metrics of one ad on one day. A row for the same ad, day and window replaces it."""

    platform: AdPlatform
    """The platform that shows the ad."""
    ad_account_id: AdId
    """The platform's id of the ad account."""
    campaign_id: AdId
    """The platform's id of the campaign."""
    adset_id: AdId
    """The platform's id of the ad set; TikTok and Apple call it ad group."""
    ad_id: AdId
    """The platform's id of the ad."""
    date: AdDay
    """The day, in the ad account's time zone."""
    attribution_window: AttributionWindow = DEFAULT_ATTRIBUTION_WINDOW_NAME
    """Your name of the attribution window, at most ten per project. Rows of different windows are never
    summed.
    """
    currency: CurrencyCode
    """The ad account's currency (ISO 4217)."""
    spend_micros: CurrencyMicros
    """The cost, in millionths of the currency's unit."""
    impressions: AdMetricCount
    """Number of impressions."""
    clicks: AdMetricCount
    """Number of clicks."""
    conversions: AdMetricCount = 0
    """Number of conversions."""
    revenue_micros: CurrencyMicros = 0
    """The value of its conversions, in millionths of the currency's unit."""
    reach: AdMetricCount | None = None
    """Number of people who saw it that day, if the platform reports it."""


class AdRows(RequestStruct, frozen=True, kw_only=True):
    """Rows to import. If one is invalid, none is imported."""

    rows: Annotated[list[AdRow], Meta(min_length=1, max_length=MAX_AD_ROWS_PER_REQUEST)]
    """The rows, at most one for each ad, day and window."""


class AdRowsImported(ResponseStruct, frozen=True, kw_only=True):
    """The result of an import."""

    imported: int
    """Number of imported rows."""
    replaced: int
    """Number of imported rows that replaced a row of the same ad, day and window."""


class AdRowsDeleted(ResponseStruct, frozen=True, kw_only=True):
    """The result of a deletion."""

    deleted: int
    """Number of deleted rows."""
    more: bool
    """Whether more rows may be left: send the same request again."""


class AdMetrics(Metrics, frozen=True, kw_only=True):
    """Metrics of ads as a series, by days in the time zones of the ad accounts.

    A day that the window touches is included as a whole. Amounts are in cents: hundredths of the currency's
    unit.
    """

    currency: str | None
    """The currency of all amounts. Null without rows, or for several currencies: then the amounts are
    null, too.
    """
