"""Ad rows to import, and a query that reads all of them."""

from datetime import UTC, date, datetime
from typing import Any

from db.pool import Conn, Pool
from domain.metrics import ad_metrics, ad_rows
from domain.metrics.active_users import ActiveUserCountCache
from domain.metrics.ad_metrics import AdMetricsQuery
from domain.metrics.metrics import MetricDatabases
from domain.metrics.windows import TimeWindow
from schemas.ads import AdMetrics, AdRow
from tests.domain.project import Project

FIRST, LAST = date(2026, 10, 26), date(2026, 11, 8)
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def row(**fields: Any) -> AdRow:
    """Return an ad's row of a day."""
    given: dict[str, Any] = {
        "platform": "meta_ads",
        "ad_account_id": "act_1",
        "campaign_id": "c1",
        "adset_id": "s1",
        "ad_id": "a1",
        "date": FIRST,
        "currency": "EUR",
        "spend_micros": 1_234_567,
        "impressions": 1_000,
        "clicks": 10,
    } | fields
    return AdRow(**given)


async def put(conn: Conn, project: Project, *rows: AdRow) -> int:
    """Import rows; return the number of replaced ones."""
    return await ad_rows.store_ad_rows(conn, project_id=project.id, rows=rows)


async def read(pool: Pool, project: Project, **fields: Any) -> AdMetrics:
    """Query metrics: by default all metrics of two weeks by day, at `NOW`."""
    given: dict[str, Any] = {
        "organization_id": project.org,
        "project_id": project.id,
        "scope": "project",
        "subject_id": None,
        "metrics": ("spend",),
        "platforms": None,
        "attribution_window": "default",
        "window": TimeWindow(datetime(2026, 10, 26, tzinfo=UTC), datetime(2026, 11, 8, 20, tzinfo=UTC)),
        "granularity": "day",
    } | fields
    return await ad_metrics.read_ad_metrics(
        MetricDatabases(pool.acquire, pool.acquire, ActiveUserCountCache()), AdMetricsQuery(**given), now=NOW
    )
