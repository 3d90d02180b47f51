"""Snapshots: thousands of a sandbox that skipped days, values that are not stored, and times of polls."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.pool import Conn
from db.queries import metric_snapshot
from domain.collection import cadence, snapshots
from domain.collection.snapshots import MetricSubject, ReportedMetricsOfSubject
from schemas import ids
from tests import seeds
from tests.domain.project import Project

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
TIMES = 2 * snapshots.MAX_METRIC_READINGS_PER_STATEMENT


class Recorded:
    """Statement that records the lengths of a list parameter."""

    def __init__(self, statement: Any, of: str) -> None:
        self._statement, self._of = statement, of
        self.lengths: list[int] = []

    async def all(self, conn: Conn, **values: Any) -> Any:
        self.lengths.append(len(values[self._of]))
        return await self._statement.all(conn, **values)

    async def run(self, conn: Conn, **values: Any) -> Any:
        self.lengths.append(len(values[self._of]))
        return await self._statement.run(conn, **values)


async def test_thousands_of_figures_are_read_once_and_written_in_batches(
    conn: Conn, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await seeds.account(conn, project.org, project.id)
    subjects = [MetricSubject(ids.new_uuid7(), BEGAN) for _ in range(3)]
    told = [
        ReportedMetricsOfSubject(subject, {"views": 2 * hour, "likes": hour}, BEGAN + timedelta(minutes=hour))
        for subject in subjects
        for hour in range(1, TIMES + 1)
    ]
    latest = Recorded(snapshots.LIST_LATEST_METRIC_VALUES, "subject_ids")
    insert = Recorded(metric_snapshot.insert_snapshots, "ats")
    monkeypatch.setattr(snapshots, "LIST_LATEST_METRIC_VALUES", latest)
    monkeypatch.setattr(snapshots, "metric_snapshot", SimpleNamespace(insert_snapshots=insert))
    kept = await snapshots.store_metric_snapshots(
        conn, organization_id=project.org, account_id=account, told=told, at=BEGAN + timedelta(days=9)
    )
    assert kept == sum(insert.lengths) == 2 * len(told)
    assert latest.lengths == [len(subjects)]
    assert max(insert.lengths) <= 2 * snapshots.MAX_METRIC_READINGS_PER_STATEMENT
    sums = await conn.fetch("select metric, sum(delta) from metric_snapshot group by subject_id, metric")
    assert sorted(map(tuple, sums)) == [("likes", TIMES)] * 3 + [("views", 2 * TIMES)] * 3


@given(st.integers(0, 100 * 24))
def test_a_post_is_never_asked_about_beyond_its_days(hours: int) -> None:
    age = timedelta(hours=hours)
    due = cadence.next_metric_poll_time_by_age(BEGAN, BEGAN + age)
    if due is None:
        assert age > cadence.MAX_METRIC_POLLED_POST_AGE - timedelta(days=1)
    else:
        assert timedelta(hours=1) <= due - BEGAN - age <= timedelta(days=1)
        assert due - BEGAN < cadence.MAX_METRIC_POLLED_POST_AGE


def test_out_of_range_value_is_not_stored() -> None:
    subject = MetricSubject(UUID(int=1), None)
    for value in (-1, 2**63):
        assert snapshots.metric_value_change(subject, "views", value, before=1, at=BEGAN) is None
