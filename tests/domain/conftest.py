"""Fixtures for tests of the domain."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn, Pool, open_postgres_pool
from domain.events import folds
from schemas.settings import Settings
from tests import seeds
from tests.domain.project import Project
from tests.waiting import PATIENCE_S


@pytest.fixture(autouse=True)
def _unhurried_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a read of counts fold all deltas on a busy machine: after 250 ms it leaves them out."""
    monkeypatch.setattr(folds, "MAX_READ_FOLD_STATEMENT_MS", int(PATIENCE_S * 1000))


@pytest_asyncio.fixture
async def org(conn: Conn) -> UUID:
    """Create a partner's organization."""
    return await seeds.organization(conn)


@pytest_asyncio.fixture
async def project(conn: Conn) -> Project:
    """Create a partner's project without content."""
    org = await seeds.organization(conn)
    return Project(org, await seeds.project(conn, org))


@pytest_asyncio.fixture
async def wide(settings: Settings) -> AsyncIterator[Pool]:
    """Open a pool with enough connections for many concurrent tasks."""
    async with open_postgres_pool(settings.database_url, name="racers", size=20) as pool:
        yield pool
