"""A tenant for the tests that need only one."""

from uuid import UUID

import pytest_asyncio

from db.pool import Conn
from tests.jobs import scene


@pytest_asyncio.fixture
async def org(conn: Conn) -> UUID:
    """Insert a live organization of the standard tier."""
    [org] = await scene.tenants(conn)
    return org
