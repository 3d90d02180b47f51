"""An operator with an offered account, and a project that leases it."""

from uuid import UUID

import pytest_asyncio

from db.pool import Conn, Pool
from tests import leasing
from tests.domain.project import Project
from tests.leasing import LeaseOwner


@pytest_asyncio.fixture
async def owner(conn: Conn) -> LeaseOwner:
    return await leasing.owner(conn)


@pytest_asyncio.fixture
async def leased(pool: Pool, owner: LeaseOwner, project: Project) -> UUID:
    """Return the tenant's account of the lease."""
    return await leasing.lend(pool, owner, project)
