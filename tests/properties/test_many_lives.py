"""Properties of posts and archives, with hundreds of examples."""

import pytest
from hypothesis import settings

from db.pool import Conn, Pool
from tests.properties import test_archived_posts as archives
from tests.properties import test_posts as lives
from tests.properties.test_posts import Event

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

MANY = settings(lives.SOME, max_examples=200)


@MANY
@lives.ANY
async def test_posts_move_as_the_table_says(
    pool: Pool, conn: Conn, *, gated: bool, events: lives.Parts
) -> None:
    await lives.live(pool, conn, gated=gated, events=events)


@MANY
@archives.ANY
async def test_what_an_archive_counted_reads_as_canceled_ever_after(
    pool: Pool, conn: Conn, *, gated: bool, before: list[Event], after: list[Event]
) -> None:
    await archives.archived(pool, conn, gated=gated, before=before, after=after)
