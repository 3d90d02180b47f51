"""Values of a project's events: how many there were."""

from collections.abc import Mapping
from datetime import timedelta

from db.pool import Conn
from domain.events.checks import OLDEST
from domain.metrics import rollup_counts
from domain.metrics.value_sources import Question, Values, ValueSource
from schemas.metrics import Metric

#: How long a request's events may wait for their commit, and more than that.
UNDER_WAY = timedelta(minutes=10)


async def read(conn: Conn, question: Question) -> Mapping[Metric, Values]:
    """The number of events of each bucket, those included whose answer was just sent."""
    found = await rollup_counts.count(
        conn, project_id=question.project_id, names=rollup_counts.ALL_NAMES, bounds=question.bounds
    )
    counts = [0] * len(question.buckets)
    for row in found:
        counts[row.place - 1] += row.n
    return {"events": Values(counts, sum(counts))}


EVENTS = ValueSource(
    metrics={"project": frozenset({"events", "active_users"})},
    settles=OLDEST + UNDER_WAY,
    of_events=True,
    read=read,
)
