"""A project to publish from; waits within an attempt take no time."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Pool
from domain.media.folder import open_folder_store
from domain.publishing.states import ALLOWED_POST_TRANSITIONS
from jobs import courier
from schemas.settings import Settings
from tests import seeds
from tests.workers.tasks.publish_post.project import PublishingProject
from workers.publishing import phases

#: Records every change of a post's status in the database.
WATCH = """
create table moved (source text, target text);
create function note_move() returns trigger language plpgsql as $$
begin insert into moved values (old.status, new.status); return null; end $$;
create trigger watch after update on scheduled_post for each row
  when (old.status <> new.status) execute function note_move();
"""
#: Removes that, so that another test can use the database.
UNWATCH = "drop trigger watch on scheduled_post; drop function note_move; drop table moved"


@pytest_asyncio.fixture
async def project(
    settings: Settings, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PublishingProject]:
    monkeypatch.setattr(phases, "POST_RESEND_PAUSE_S", 0.0)
    monkeypatch.setattr(phases, "MIN_POST_POLL_INTERVAL_S", 0.0)
    async with pool.acquire() as conn:
        await conn.execute(WATCH)
        org = await seeds.organization(conn)
        project_id = await seeds.project(conn, org)
        account_id = await seeds.account(conn, org, project_id)
    store = open_folder_store(f"file:{tmp_path}")
    async with courier.open_redis_wake_courier(settings.redis_url) as sender:
        yield PublishingProject(pool, settings, sender, org, project_id, account_id, store)
    moves = await pool.fetch("select distinct source, target from moved")
    await pool.execute(UNWATCH)
    assert {(row["source"], row["target"]) for row in moves} <= ALLOWED_POST_TRANSITIONS


@pytest_asyncio.fixture
async def post(project: PublishingProject) -> UUID:
    """Insert a due post."""
    return await project.post()
