"""Properties of posts, archives and phases, with many more examples than in the suite."""

import pytest
from hypothesis import settings

from db.pool import Conn, Pool
from tests.properties import test_archived_posts as archive_histories
from tests.properties import test_phases as job_histories
from tests.properties import test_posts as post_histories
from tests.properties.test_posts import Event

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

MANY_EXAMPLES = settings(post_histories.SETTINGS, max_examples=200)


@MANY_EXAMPLES
@post_histories.ANY_EVENTS
async def test_posts_make_only_allowed_transitions(
    pool: Pool, conn: Conn, *, gated: bool, events: post_histories.EventParts
) -> None:
    await post_histories.check_history(pool, conn, gated=gated, events=events)


@MANY_EXAMPLES
@archive_histories.ANY_EVENTS
async def test_posts_counted_by_an_archive_read_as_canceled_for_good(
    pool: Pool, conn: Conn, *, gated: bool, before: list[Event], after: list[Event]
) -> None:
    await archive_histories.check_archived_posts(pool, conn, gated=gated, before=before, after=after)


@settings(job_histories.SETTINGS, max_examples=60)
@job_histories.ANY_HISTORY
async def test_a_phase_follows_from_the_jobs_history(
    conn: Conn, later: list[bool], events: list[job_histories.HistoryEvent]
) -> None:
    await job_histories.check_history(conn, later, events)
