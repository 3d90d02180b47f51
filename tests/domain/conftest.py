"""Where the jobs of these tests belong."""

import pytest_asyncio

from db.pool import Conn
from tests import seeds
from tests.domain.project import Project


@pytest_asyncio.fixture
async def project(conn: Conn) -> Project:
    """A partner's project, with nothing in it."""
    org = await seeds.organization(conn)
    return Project(org, await seeds.project(conn, org))
