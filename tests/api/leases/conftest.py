"""Fixtures: an operator with accounts to lend, and two partners."""

from collections.abc import AsyncIterator

import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from tests.api.conftest import Caller, calling
from tests.api.leases.tenants import Platform, Tenant
from tests.api.parties import new_project


@pytest_asyncio.fixture
async def platform(app: Litestar, pool: Pool) -> AsyncIterator[Platform]:
    async with calling(app, pool, "Platform", scopes=("*", "ops:read", "ops:write")) as caller:
        yield Platform(caller, pool, await new_project(caller))


@pytest_asyncio.fixture
async def tenant(acme: Caller) -> Tenant:
    return Tenant(acme.http, await new_project(acme))


@pytest_asyncio.fixture
async def other(rival: Caller) -> Tenant:
    return Tenant(rival.http, await new_project(rival))
