"""One tenant for each test that needs no more."""

from uuid import UUID

import pytest_asyncio

from db.pool import Conn
from tests.jobs import scene


@pytest_asyncio.fixture
async def org(conn: Conn) -> UUID:
    """A live organization of the standard tier."""
    [org] = await scene.tenants(conn)
    return org
