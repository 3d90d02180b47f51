"""Sandbox that skipped days: thousands of figures, in statements of a bounded size."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from db.pool import Conn
from db.queries import metric_snapshot
from domain.collection import snapshots
from domain.collection.snapshots import MetricSubject, ReportedMetricValues
from schemas import ids
from tests import seeds
from tests.domain.project import Project

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
TIMES = 2 * snapshots.METRIC_READINGS_PER_STATEMENT


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
        ReportedMetricValues(subject, {"views": 2 * hour, "likes": hour}, BEGAN + timedelta(minutes=hour))
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
    assert max(insert.lengths) <= 2 * snapshots.METRIC_READINGS_PER_STATEMENT
    sums = await conn.fetch("select metric, sum(delta) from metric_snapshot group by subject_id, metric")
    assert sorted(map(tuple, sums)) == [("likes", TIMES)] * 3 + [("views", 2 * TIMES)] * 3
