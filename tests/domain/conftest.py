"""Where the jobs of these tests belong."""

import pytest_asyncio

from db.pool import Conn
from tests import seeds
from tests.domain.place import Place


@pytest_asyncio.fixture
async def place(conn: Conn) -> Place:
    """A partner's project, with nothing in it."""
    org = await seeds.organization(conn)
    return Place(org, await seeds.project(conn, org))
