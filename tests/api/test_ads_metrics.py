"""Ad metrics over HTTP: rows in JSON or CSV, all or none; readable in any state of the project."""

import csv
import io
from typing import Any

import httpx
import pytest_asyncio

from domain.metrics.ad_rows import MAX_ATTRIBUTION_WINDOWS_PER_PROJECT
from tests.api.conftest import ApiCaller, read_answer
from tests.api.participants import new_project
from tests.api.refusals import assert_refused, issue_paths, reason

ROW: dict[str, Any] = {
    "platform": "meta_ads", "adAccountId": "act_1", "campaignId": "c1", "adsetId": "s1", "adId": "a1",
    "date": "2026-11-01", "currency": "EUR", "spendMicros": 12_345_678, "impressions": 4_000, "clicks": 25,
    "conversions": 2, "revenueMicros": 40_000_000, "reach": 3_000,
}  # fmt: skip
ASKED = {"since": "2026-10-31T00:00:00Z", "until": "2026-11-03T00:00:00Z"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}


@pytest_asyncio.fixture
async def at(acme: ApiCaller) -> str:
    return f"/v1/projects/{await new_project(acme)}/ads-metrics"


def encode_csv(*rows: dict[str, Any]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


async def read_metrics(caller: ApiCaller, at: str, **params: str) -> dict[str, Any]:
    return read_answer(await caller.http.get(at, params=ASKED | params))


async def put_rows(caller: ApiCaller, at: str, **sent: Any) -> httpx.Response:
    return await caller.http.post(f"{at}/rows", **sent)


async def test_rows_are_read_as_a_series_and_replaced(acme: ApiCaller, at: str) -> None:
    second = ROW | {"date": "2026-11-02", "reach": None}
    assert (await put_rows(acme, at, json={"rows": [ROW, second]})).json() == {"imported": 2, "replaced": 0}
    body = await read_metrics(acme, at)
    first = {
        "spend": 1235, "impressions": 4000, "clicks": 25, "conversions": 2, "cpa": 617, "cpc": 49, "cpm": 309,
        "ctr": 0.00625, "roas": 40_000_000 / 12_345_678, "reach": 3000, "frequency": 4000 / 3000,
    }  # fmt: skip
    assert [one["bucket"] for one in body["series"]] == ["2026-10-31", "2026-11-01", "2026-11-02"]
    assert body["series"][1]["values"] == first
    assert (body["currency"], body["totals"]["spend"], body["totals"]["reach"]) == ("EUR", 2469, None)
    again = {"rows": [ROW | {"spendMicros": 0}]}
    assert (await put_rows(acme, at, json=again)).json() == {"imported": 1, "replaced": 1}
    assert (await read_metrics(acme, at, metrics="spend"))["totals"] == {"spend": 1235}
    other = await read_metrics(acme, at, scope="campaign", id="c2", platforms="tiktok_ads,meta_ads", metrics="clicks")
    assert other["totals"] == {"clicks": 0}


async def test_csv_equals_json_rows(acme: ApiCaller, at: str) -> None:
    rows = [ROW, ROW | {"adId": "a,2", "reach": None}]
    answer = await put_rows(acme, at, content=encode_csv(*rows), headers=CSV)
    assert answer.json() == {"imported": 2, "replaced": 0}, answer.text
    assert (await put_rows(acme, at, json={"rows": rows})).json() == {"imported": 2, "replaced": 2}
    assert (await read_metrics(acme, at, metrics="impressions"))["totals"] == {"impressions": 8000}


async def test_one_bad_row_rejects_all_rows(acme: ApiCaller, at: str) -> None:
    """The answer lists all errors."""
    bad = [ROW, ROW | {"clicks": -1, "platform": "ads", "currency": "eur"}, ROW | {"currency": "euro"}]
    for sent in ({"json": {"rows": bad}}, {"content": encode_csv(*bad), "headers": CSV}):
        answer = await put_rows(acme, at, **sent)
        assert_refused(answer, 422, "VALIDATION")
        assert issue_paths(answer) == [
            *(f"rows[1].{name}" for name in ("platform", "currency", "clicks")),
            "rows[2].currency",
        ]
    for rows, path in (([ROW, ROW], "rows[1]"), ([ROW | {"currency": "EUX"}], "rows[0].currency")):
        assert_refused(await put_rows(acme, at, json={"rows": rows}), 422, "VALIDATION", path)
    assert (await read_metrics(acme, at, metrics="clicks"))["totals"] == {"clicks": 0}


async def test_a_window_with_a_slip_in_its_name_is_deleted_and_makes_room(
    acme: ApiCaller, rival: ApiCaller, at: str
) -> None:
    windows = [f"window_{number}" for number in range(MAX_ATTRIBUTION_WINDOWS_PER_PROJECT)]
    await put_rows(acme, at, json={"rows": [ROW | {"attributionWindow": name} for name in windows]})
    more = {"rows": [ROW | {"attributionWindow": "default"}]}
    assert reason(await put_rows(acme, at, json=more)) == (409, "CONFLICT", "TOO_MANY_WINDOWS")
    slip = {"attributionWindow": windows[0]}
    assert_refused(await rival.http.delete(f"{at}/rows", params=slip), 404, "NOT_FOUND")
    assert_refused(await acme.http.delete(f"{at}/rows"), 422, "VALIDATION", "attributionWindow")
    for deleted in (1, 0):
        answer = await acme.http.delete(f"{at}/rows", params=slip)
        assert answer.json() == {"deleted": deleted, "more": False}
    assert (await put_rows(acme, at, json=more)).json() == {"imported": 1, "replaced": 0}
    assert (await read_metrics(acme, at, **slip, metrics="clicks"))["totals"] == {"clicks": 0}
    kept = await read_metrics(acme, at, attributionWindow=windows[1], metrics="clicks")
    assert kept["totals"] == {"clicks": 25}


async def test_only_the_row_import_accepts_csv(acme: ApiCaller, at: str) -> None:
    answer = await acme.http.post("/v1/projects", content=encode_csv(ROW), headers=CSV)
    assert_refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    plain = await put_rows(acme, at, content=encode_csv(ROW), headers={"Content-Type": "text/plain"})
    assert_refused(plain, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert "application/json or text/csv" in plain.text


async def test_a_repeat_with_its_key_is_answered_as_before(acme: ApiCaller, at: str) -> None:
    sent: list[dict[str, Any]] = [
        {"json": {"rows": [ROW]}, "headers": {"Idempotency-Key": "json"}},
        {"content": encode_csv(ROW), "headers": CSV | {"Idempotency-Key": "table"}},
    ]
    for turn, one in enumerate(sent):
        first = await put_rows(acme, at, **one)
        await put_rows(acme, at, json={"rows": [ROW | {"clicks": 7}]})
        again = await put_rows(acme, at, **one)
        assert again.json() == first.json() == {"imported": 1, "replaced": turn}
        assert (await read_metrics(acme, at, metrics="clicks"))["totals"] == {"clicks": 7}
    other = await put_rows(acme, at, content=encode_csv(ROW | {"clicks": 8}), headers=sent[1]["headers"])
    assert reason(other)[:2] == (409, "IDEMPOTENCY_CONFLICT")


async def test_archived_project_is_readable_and_refuses_rows(acme: ApiCaller, at: str) -> None:
    await put_rows(acme, at, json={"rows": [ROW]})
    await acme.http.delete(at.rpartition("/")[0])
    answer = await put_rows(acme, at, json={"rows": [ROW]})
    assert reason(answer) == (409, "CONFLICT", "PROJECT_ARCHIVED")
    assert (await read_metrics(acme, at, metrics="clicks"))["totals"] == {"clicks": 25}
