"""Import of ad rows: all rows of a request or none; a repeated row replaces the old one."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from db.pool import Conn
from db.queries import ad_day
from domain.metrics.windows import EARLIEST_WINDOW_TIME
from domain.values import currencies
from schemas.ads import AdRow
from schemas.errors import InvalidValue, StateConflict

#: Ads of one project on one day, for one attribution window.
MAX_ADS_PER_DAY = 5_000

#: Attribution windows of one project, each of which has rows of its own.
MAX_ATTRIBUTION_WINDOWS_PER_PROJECT = 10

#: Rows that one request deletes, in a fraction of a second.
MAX_AD_ROWS_DELETED_PER_REQUEST = 20_000

#: Faults in one answer.
MAX_AD_ROW_FAULTS = 100


def check_ad_rows(rows: Sequence[AdRow], *, now: datetime) -> None:
    """Raise `InvalidValue` for ad rows with a bad day or currency, or a repeated ad, day and attribution window."""
    faults = [*islice(_find_ad_row_faults(rows, now), MAX_AD_ROW_FAULTS)]
    if faults:
        raise InvalidValue(*faults[0], *faults[1:])


async def store_ad_rows(conn: Conn, *, project_id: UUID, rows: Sequence[AdRow]) -> int:
    """Store checked ad rows in the event store, in one transaction; return the number of replaced rows.

    A row replaces that of its ad, day and window. Raises `StateConflict` TOO_MANY_ADS, TOO_MANY_WINDOWS.
    """
    windows, days = [row.attribution_window for row in rows], [row.date for row in rows]
    async with conn.transaction():
        await ad_day.lock_imports.value(conn, project_id=project_id)
        await _check_attribution_window_limit(conn, project_id, {*windows})
        replaced: int = await ad_day.put_days.value(
            conn,
            project_id=project_id,
            windows=windows,
            days=days,
            platforms=[row.platform for row in rows],
            ad_account_ids=[row.ad_account_id for row in rows],
            ad_ids=[row.ad_id for row in rows],
            campaign_ids=[row.campaign_id for row in rows],
            adset_ids=[row.adset_id for row in rows],
            currencies=[row.currency for row in rows],
            spends=[row.spend_micros for row in rows],
            impressions=[row.impressions for row in rows],
            clicks=[row.clicks for row in rows],
            conversions=[row.conversions for row in rows],
            revenues=[row.revenue_micros for row in rows],
            reaches=[row.reach for row in rows],
        )
        full = await ad_day.find_full_day.value(
            conn, project_id=project_id, windows=[*{*windows}], days=[*{*days}], most=MAX_ADS_PER_DAY
        )
        if full is not None:
            raise StateConflict(
                "TOO_MANY_ADS", f"{full} would have more than {MAX_ADS_PER_DAY} ads", limit=MAX_ADS_PER_DAY
            )
    return replaced


async def delete_ad_row_batch_of_attribution_window(conn: Conn, *, project_id: UUID, attribution_window: str) -> int:
    """Delete at most `MAX_AD_ROWS_DELETED_PER_REQUEST` ad rows of a project's attribution window; return their number.

    A window without rows no longer counts against `MAX_ATTRIBUTION_WINDOWS_PER_PROJECT`.
    """
    async with conn.transaction():
        await ad_day.lock_imports.value(conn, project_id=project_id)
        return await ad_day.drop_days.run(
            conn, project_id=project_id, attribution_window=attribution_window, limit=MAX_AD_ROWS_DELETED_PER_REQUEST
        )


async def _check_attribution_window_limit(conn: Conn, project_id: UUID, given: set[str]) -> None:
    stored_windows: set[str] = {*await ad_day.name_windows.value(conn, project_id=project_id)}
    if given - stored_windows and len(given | stored_windows) > MAX_ATTRIBUTION_WINDOWS_PER_PROJECT:
        raise StateConflict(
            "TOO_MANY_WINDOWS",
            f"the project would have rows of more than {MAX_ATTRIBUTION_WINDOWS_PER_PROJECT} attribution windows",
            limit=MAX_ATTRIBUTION_WINDOWS_PER_PROJECT,
        )


def _find_ad_row_faults(rows: Sequence[AdRow], now: datetime) -> Iterator[tuple[str, str]]:
    """Yield path and message of each fault in ad rows; a day is valid from 2023 on, once begun anywhere on Earth."""
    first_day, last_day = EARLIEST_WINDOW_TIME.date(), (now + timedelta(hours=14)).date()
    places: dict[tuple[object, ...], int] = {}
    for place, row in enumerate(rows):
        if not first_day <= row.date <= last_day:
            yield (f"rows[{place}].date", f"must be from {first_day} to {last_day}, the last one begun")
        if row.currency not in currencies.CURRENCY_CODES:
            yield f"rows[{place}].currency", "is no code of ISO 4217"
        key = row.attribution_window, row.date, row.platform, row.ad_account_id, row.ad_id
        if (same := places.setdefault(key, place)) != place:
            yield f"rows[{place}]", f"is of the same ad, day and window as rows[{same}]"
