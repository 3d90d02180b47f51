"""Metrics of ads are the sums of the last imported rows, for any import and any query."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Conn, Pool
from domain.metrics import ad_rows
from domain.metrics.ad_rows import MAX_ADS_PER_DAY, MAX_ATTRIBUTION_WINDOWS_PER_PROJECT
from schemas.ads import AdMetric, AdPlatform, AdRow
from schemas.errors import InvalidValue, StateConflict
from tests.domain.metrics.ad_scene import FIRST, LAST, NOW, put, read, row
from tests.domain.project import Project

DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
METRICS: Sequence[AdMetric] = get_args(AdMetric)

amounts = st.sampled_from([0, 1, 4_999, 5_000, 15_000, 999_999, 10**15])
rows = st.builds(
    row,
    platform=st.sampled_from(get_args(AdPlatform)),
    ad_account_id=st.sampled_from(["act_1", "act_2"]),
    campaign_id=st.sampled_from(["c1", "c2"]),
    adset_id=st.sampled_from(["s1", "s2"]),
    ad_id=st.sampled_from(["a1", "a2"]),
    date=st.sampled_from(DAYS),
    attribution_window=st.sampled_from(["default", "default", "7d_click"]),
    currency=st.sampled_from(["EUR", "EUR", "EUR", "EUR", "USD"]),
    spend_micros=amounts,
    impressions=st.sampled_from([0, 1, 3, 10**12]),
    clicks=st.sampled_from([0, 1, 3]),
    conversions=st.sampled_from([0, 1, 7]),
    revenue_micros=amounts,
    reach=st.none() | st.sampled_from([0, 1, 2]),
)


def key(one: AdRow) -> tuple[object, ...]:
    return one.attribution_window, one.date, one.platform, one.ad_account_id, one.ad_id


imports = st.lists(st.lists(rows, min_size=1, max_size=6, unique_by=key), max_size=4)
questions = st.fixed_dictionaries(
    {
        "scope": st.sampled_from(["project", "project", "ad_account", "campaign", "adset", "ad"]),
        "platforms": st.none() | st.lists(st.sampled_from(get_args(AdPlatform)), min_size=1, unique=True),
        "attribution_window": st.sampled_from(["default", "default", "7d_click"]),
        "granularity": st.sampled_from(["day", "week"]),
    }
)
IDS = {"project": None, "ad_account": "act_1", "campaign": "c1", "adset": "s1", "ad": "a1"}


def wanted(one: AdRow, question: Mapping[str, Any]) -> bool:
    its = {"ad_account": one.ad_account_id, "campaign": one.campaign_id, "adset": one.adset_id, "ad": one.ad_id}
    return (
        one.attribution_window == question["attribution_window"]
        and (question["platforms"] is None or one.platform in question["platforms"])
        and its.get(question["scope"]) == IDS[question["scope"]]
    )


def expected(found: Sequence[AdRow], *, money: bool) -> dict[str, Any]:
    """Compute the answer by the documentation, in fractions."""

    def total(field: str) -> int:
        return sum(getattr(one, field) for one in found)

    def divided(part: Fraction | int, whole: int | None) -> Fraction | None:
        return Fraction(part) / whole if whole else None

    def shown(value: Fraction | None) -> int | None:
        return None if value is None or not money else floor(value + Fraction(1, 2))

    seen = [one for one in found if one.impressions]
    reach = 0 if not seen else seen[0].reach if len(seen) == 1 else None
    cents = Fraction(total("spend_micros"), 10_000)
    rates = {
        "roas": divided(total("revenue_micros"), total("spend_micros")) if money else None,
        "ctr": divided(total("clicks"), total("impressions")),
        "frequency": divided(total("impressions"), reach),
    }
    return {
        "spend": shown(cents),
        "impressions": total("impressions"),
        "clicks": total("clicks"),
        "conversions": total("conversions"),
        "cpa": shown(divided(cents, total("conversions"))),
        "cpc": shown(divided(cents, total("clicks"))),
        "cpm": shown(divided(1_000 * cents, total("impressions"))),
        "reach": reach,
    } | {name: None if rate is None else float(rate) for name, rate in rates.items()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(imported=imports, question=questions)
async def test_answer_is_the_sum_of_the_last_rows(
    pool: Pool, conn: Conn, project: Project, *, imported: list[list[AdRow]], question: dict[str, Any]
) -> None:
    await conn.execute("delete from ad_day")
    kept: dict[tuple[object, ...], AdRow] = {}
    for batch in imported:
        assert await put(conn, project, *batch) == len([one for one in batch if key(one) in kept])
        kept |= {key(one): one for one in batch}
    found = [one for one in kept.values() if wanted(one, question)]
    currencies = {one.currency for one in found}
    money = len(currencies) <= 1
    label: Callable[[date], date] = lambda day: day  # noqa: E731
    if question["granularity"] == "week":
        label = lambda day: day - timedelta(days=day.weekday())  # noqa: E731
    answer = await read(pool, project, metrics=METRICS, subject_id=IDS[question["scope"]], **question)
    assert answer.currency == (currencies.pop() if len(currencies) == 1 else None)
    assert [bucket.bucket for bucket in answer.series] == sorted({f"{label(day)}" for day in DAYS})
    for bucket in answer.series:
        inside = [one for one in found if f"{label(one.date)}" == bucket.bucket]
        assert bucket.values == expected(inside, money=money)
    assert answer.totals == expected(found, money=money)


async def test_day_is_final_after_its_attribution_period(pool: Pool, project: Project) -> None:
    """28 days after its end."""
    answer = await read(pool, project)
    last = NOW.date() - timedelta(days=29)
    assert [bucket.bucket for bucket in answer.series if bucket.final] == [f"{day}" for day in DAYS if day <= last]


async def test_what_another_project_imports_is_not_read(pool: Pool, conn: Conn, project: Project) -> None:
    await put(conn, project._replace(id=project.org), row())
    assert (await read(pool, project)).totals == {"spend": 0}


async def test_a_day_has_no_more_ads_than_it_may(conn: Conn, project: Project) -> None:
    """An import above the limit is refused whole; existing rows can be replaced."""
    ads = [row(ad_id=f"a{number}", currency="SEK") for number in range(MAX_ADS_PER_DAY)]
    assert await put(conn, project, *ads) == 0
    with pytest.raises(StateConflict) as refusal:
        await put(conn, project, row(ad_id="one more"), row(date=LAST))
    assert refusal.value.details == {"reason": "TOO_MANY_ADS", "limit": MAX_ADS_PER_DAY}
    assert await put(conn, project, *ads[:3], row(date=LAST)) == 3
    assert await conn.fetchval("select count(*) from ad_day") == MAX_ADS_PER_DAY + 1


async def test_a_project_has_no_more_windows_than_it_may(conn: Conn, project: Project) -> None:
    """An import above the limit is refused whole; rows of existing windows are accepted."""
    windows = [row(attribution_window=f"{number}d_click") for number in range(MAX_ATTRIBUTION_WINDOWS_PER_PROJECT)]
    other = project._replace(id=project.org)
    for rows in (windows[3:], windows):
        await put(conn, project, *rows)
    with pytest.raises(StateConflict) as refusal:
        await put(conn, project, row(attribution_window="one_more"), row(attribution_window="3d_click", clicks=7))
    assert refusal.value.details == {"reason": "TOO_MANY_WINDOWS", "limit": MAX_ATTRIBUTION_WINDOWS_PER_PROJECT}
    assert await put(conn, other, row(attribution_window="one_more")) == 0
    assert (
        await put(conn, project, *windows, row(date=LAST, attribution_window="1d_click"))
        == MAX_ATTRIBUTION_WINDOWS_PER_PROJECT
    )
    with pytest.raises(StateConflict):
        await put(conn, other, *windows)
    assert await conn.fetchval("select sum(clicks) from ad_day") == 10 * (MAX_ATTRIBUTION_WINDOWS_PER_PROJECT + 2)


def test_invalid_rows_are_reported_by_index() -> None:
    tomorrow = NOW.date() + timedelta(days=2)
    bad = [row(), row(date=date(1999, 1, 1)), row(clicks=3), row(ad_id="other", date=tomorrow)]
    with pytest.raises(InvalidValue) as refusal:
        ad_rows.check_ad_rows(bad, now=NOW)
    assert [issue["path"] for issue in refusal.value.details["issues"]] == [
        "rows[1].date", "rows[2]", "rows[3].date",
    ]  # fmt: skip
    ad_rows.check_ad_rows([row(), row(attribution_window="1d_view"), row(platform="apple_ads")], now=NOW)
