"""Reported values match their definition, for any reports and any periods."""

import itertools
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest

from db.pool import Conn
from domain.collection import snapshots
from domain.collection.snapshots import MAX_POST_AGE_FOR_ZERO_METRIC_BASELINE, MetricSubject, ReportedMetricsOfSubject
from domain.metrics import collected_values
from domain.metrics.active_users import ActiveUserCountCache
from domain.metrics.buckets import LabelledTimeBucket
from domain.metrics.value_sources import MetricSeriesQuery
from domain.metrics.windows import TimeWindow
from schemas import ids
from schemas.metrics import CollectedMetric, MetricFigure, MetricName, MetricScope
from tests import seeds
from tests.domain.project import Project

BEGAN, DAYS = datetime(2026, 3, 1, tzinfo=UTC), 40
ACCOUNTS, POSTS, VISITS, QUESTIONS = 3, 4, 25, 25
TOLD: Sequence[Sequence[CollectedMetric]] = [("views", "likes"), ("likes", "comments"), ("views", "saves")]


class History(NamedTuple):
    """Reported values of a post or an account with their times; `since` is a post's publication time."""

    subject: MetricSubject
    account: int
    told: dict[CollectedMetric, list[tuple[datetime, int]]]

    def known(self, metric: CollectedMetric, at: datetime) -> int | None:
        """Return the last value before a time, by the definition."""
        before = [value for told_at, value in self.told.get(metric, []) if told_at < at]
        return before[-1] if before else None

    def change(self, metric: CollectedMetric, since: datetime, until: datetime) -> int | None:
        """Return the last value minus the first: a young post starts at 0, others at their first value."""
        end = self.known(metric, until)
        if end is None:
            return None
        start = self.known(metric, since)
        if start is not None:
            return end - start
        first_at, first = self.told[metric][0]
        published = self.subject.since
        young = published is not None and first_at - published <= MAX_POST_AGE_FOR_ZERO_METRIC_BASELINE
        return end if young else end - first


def invent(chance: random.Random) -> list[History]:
    found = list[History]()
    for account in range(ACCOUNTS):
        found.append(History(MetricSubject(ids.new_uuid7(), None), account, {}))
        for _ in range(POSTS):
            published = BEGAN + timedelta(hours=chance.randrange(-300, DAYS * 24))
            found.append(History(MetricSubject(ids.new_uuid7(), published), account, {}))
    return found


async def tell(conn: Conn, org: UUID, accounts: Sequence[UUID], chance: random.Random) -> list[History]:
    """Record collection runs at odd times, of all accounts; some report nothing, figures rise and fall."""
    histories = invent(chance)
    for index, history in enumerate(histories):
        if history.subject.since is None:
            histories[index] = history._replace(subject=MetricSubject(accounts[history.account], None))
    for at in sorted(BEGAN + timedelta(minutes=chance.randrange(DAYS * 1440)) for _ in range(VISITS)):
        for account in range(ACCOUNTS):
            told = list[ReportedMetricsOfSubject]()
            for history in (one for one in histories if one.account == account):
                names = TOLD[account] if history.subject.since else ("followers",)
                values = {name: chance.randrange(9) for name in names if chance.random() < 0.7}
                if history.subject.since is None or history.subject.since <= at:
                    told.append(ReportedMetricsOfSubject(history.subject, values))
                    for name, value in values.items():
                        history.told.setdefault(name, []).append((at, value))
            await snapshots.store_metric_snapshots(
                conn, organization_id=org, account_id=accounts[account], told=told, at=at
            )
    return histories


class Asked(NamedTuple):
    scope: MetricScope
    histories: Sequence[History]
    subject_id: UUID | None


def counter(asked: Asked, metric: CollectedMetric, since: datetime, until: datetime, only: set[int]) -> int | None:
    """Sum over posts of these accounts; None if none has a value before the end."""
    posts = [history for history in asked.histories if history.subject.since and history.account in only]
    changes = [post.change(metric, since, until) for post in posts]
    known = [change for change in changes if change is not None]
    return sum(known) if known else None


def expected(asked: Asked, metric: MetricName, since: datetime, until: datetime) -> MetricFigure:
    every = set(range(ACCOUNTS))
    if metric == "engagement_rate":
        viewed = {one for one in every if counter(asked, "views", since, until, {one}) is not None}
        views = counter(asked, "views", since, until, viewed)
        parts = [
            counter(asked, part, since, until, viewed)  # type: ignore[arg-type]
            for part in collected_values.ENGAGEMENT_METRICS
        ]
        return round(sum(part or 0 for part in parts) / views, 6) if views and views > 0 else None
    followed = [history for history in asked.histories if history.subject.since is None]
    if metric == "followers":
        values = [value for one in followed if (value := one.known("followers", until)) is not None]
        return sum(values) if values else None
    if metric == "follower_delta":
        changes = list[int]()
        for one in followed:
            told = one.told.get("followers", [])
            snapshot_in = len({value for at, value in told if at < until}) > 1 and moved(told, since, until)
            if one.known("followers", since) is not None or snapshot_in:
                changes.append(one.change("followers", since, until) or 0)
        return sum(changes) if changes else None
    return counter(asked, metric, since, until, every)  # type: ignore[arg-type]


def moved(told: list[tuple[datetime, int]], since: datetime, until: datetime) -> bool:
    """Return whether a value changed, not for the first time, in the period."""
    before = None
    for at, value in told:
        if before is not None and value != before and since <= at < until:
            return True
        before = value
    return False


METRICS: Mapping[MetricScope, Sequence[MetricName]] = {
    "project": (*collected_values.POST_COUNTER_METRICS, "engagement_rate", "followers", "follower_delta"),
    "social_account": (*collected_values.POST_COUNTER_METRICS, "engagement_rate", "followers", "follower_delta"),
    "platform_post": (*collected_values.POST_COUNTER_METRICS, "engagement_rate"),
}


#: Whether a snapshot has the value of the one before it.
UNCHANGED = """select coalesce(bool_or(value = before), false)
                 from (select value, lag(value) over (partition by subject_id, metric order by at) as before
                         from metric_snapshot) s"""


@pytest.mark.parametrize("seed", range(3))
async def test_values_match_their_definition(conn: Conn, project: Project, seed: int) -> None:
    chance = random.Random(seed)
    accounts = [await seeds.account(conn, project.org, project.id, handle=f"shop{n}") for n in range(ACCOUNTS)]
    histories = await tell(conn, project.org, accounts, chance)
    assert not await conn.fetchval(UNCHANGED)
    for _ in range(QUESTIONS):
        asked = choose(chance, histories)
        ends = sorted(BEGAN + timedelta(hours=chance.randrange(-24, (DAYS + 2) * 24)) for _ in range(6))
        stretches = [(one, other) for one, other in itertools.pairwise(ends) if one < other]
        buckets = [LabelledTimeBucket("", since, until) for since, until in stretches]
        window = TimeWindow(ends[0], ends[-1])
        question = MetricSeriesQuery(
            project.org, project.id, asked.scope, asked.subject_id, METRICS[asked.scope], window, buckets,
            ActiveUserCountCache(), BEGAN,
        )  # fmt: skip
        if not buckets:
            continue
        found = await collected_values.read_collected_series(conn, question)
        for metric in METRICS[asked.scope]:
            wanted = [expected(asked, metric, since, until) for since, until in stretches]
            assert list(found[metric].series) == wanted, metric
            assert found[metric].total == expected(asked, metric, *window), metric


def choose(chance: random.Random, histories: Sequence[History]) -> Asked:
    scope = chance.choice([*METRICS])
    if scope == "project":
        return Asked(scope, histories, None)
    if scope == "social_account":
        account = chance.randrange(ACCOUNTS)
        mine = [history for history in histories if history.account == account]
        return Asked(scope, mine, next(one.subject.id for one in mine if one.subject.since is None))
    post = chance.choice([history for history in histories if history.subject.since])
    return Asked(scope, [post], post.subject.id)


async def test_followers_are_the_projects_while_it_has_the_account(conn: Conn, project: Project) -> None:
    """The bucket in which an account is disconnected still has them, the next one doesn't."""
    account = await seeds.account(conn, project.org, project.id)
    told = [ReportedMetricsOfSubject(MetricSubject(account, None), {"followers": 7})]
    await snapshots.store_metric_snapshots(conn, organization_id=project.org, account_id=account, told=told, at=BEGAN)
    await conn.execute(
        """update social_account
              set status = 'disconnected', canceled_posts = 0, disconnected_at = $1::timestamptz""",
        BEGAN + timedelta(days=1, hours=1),
    )
    days = [BEGAN + timedelta(days=number) for number in range(4)]
    buckets = [LabelledTimeBucket("", since, since + timedelta(days=1)) for since in days]
    window = TimeWindow(days[0], days[-1] + timedelta(days=1))
    question = MetricSeriesQuery(
        project.org, project.id, "project", None, ["followers"], window, buckets, ActiveUserCountCache(), BEGAN
    )
    found = await collected_values.read_collected_series(conn, question)
    assert (list(found["followers"].series), found["followers"].total) == ([7, 7, None, None], None)
