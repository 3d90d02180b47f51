"""Fixture: a project for scheduling."""

from collections.abc import AsyncIterator

import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests import seeds
from tests.api.participants import open_participants
from tests.api.posts.project import PostsProject


@pytest_asyncio.fixture
async def project(settings: Settings, pool: Pool) -> AsyncIterator[PostsProject]:
    async with open_participants(settings, pool) as participants:
        async with pool.acquire() as conn:
            project = await seeds.project(conn, participants.acme.organization_id, timezone="America/New_York")
        yield PostsProject(**vars(participants), id=project)
