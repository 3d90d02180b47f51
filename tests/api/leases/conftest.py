"""Fixtures: an operator with accounts to lend, and two partners."""

from collections.abc import AsyncIterator

import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from tests.api.conftest import ApiCaller, open_caller
from tests.api.leases.tenants import LeasingOperator, LeasingTenant
from tests.api.participants import new_project


@pytest_asyncio.fixture
async def platform(app: Litestar, pool: Pool) -> AsyncIterator[LeasingOperator]:
    async with open_caller(app, pool, "LeasingOperator", scopes=("*", "ops:read", "ops:write")) as caller:
        yield LeasingOperator(caller, pool, await new_project(caller))


@pytest_asyncio.fixture
async def tenant(acme: ApiCaller) -> LeasingTenant:
    return LeasingTenant(acme.http, await new_project(acme))


@pytest_asyncio.fixture
async def other_tenant(rival: ApiCaller) -> LeasingTenant:
    return LeasingTenant(rival.http, await new_project(rival))
