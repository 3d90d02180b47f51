"""Statements over all accounts read few rows."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from db.pool import Conn, Pool
from db.queries import social_account
from domain.accounts import accounts, credentials
from domain.accounts.credentials import TokenGrant
from schemas import ids
from schemas.accounts import AccountStatus
from tests import plans, seeds
from tests.domain.project import Project

pytestmark = pytest.mark.fresh

MANY, DUE, PAGE = 5000, 3, 25


async def fill(conn: Conn, project: Project) -> None:
    """Insert Instagram accounts with a token each; few are due."""
    grant = TokenGrant(access_token="one")
    await seeds.account(conn, project.org, project.id, platform="instagram", grant=grant)
    await conn.execute(
        """with made as (
             insert into social_account
                    (organization_id, project_id, id, platform, service_url, external_id, handle)
             select organization_id, project_id, gen_random_uuid(), platform, service_url, n::text, handle
               from social_account, generate_series(1, $1) n returning *)
           insert into account_credential (organization_id, account_id, sealed, vault_key_id)
           select organization_id, id, '', '' from made""",
        MANY,
    )
    await conn.execute(
        """update account_credential c set rotated_at = now() - interval '50 days',
                  refresh_at = now() + case when a.external_id::int <= $1 then '-1 day'::interval
                                            else '9 days' end
             from social_account a where a.id = c.account_id and a.external_id <> 'shop'""",
        DUE,
    )


@pytest.mark.parametrize("analyzed", [True, False])
async def test_few_accounts_are_read(pool: Pool, conn: Conn, project: Project, analyzed: bool) -> None:
    uses: plans.Uses[Project] = {
        "all": (listed(None), 3 * PAGE),
        "to reconnect": (listed(["reauth_required"]), 5),
        "is connected": (is_connected, 3),
    }
    async with pool.acquire() as session:
        await plans.plan(session, uses, project)
        for _ in range(plans.TIMES):
            assert await social_account.lock_accounts.all(session, org=project.org, ids=[ids.new_uuid7()]) == []
            assert await credentials.submit_due_token_refreshes(session) == 0
        assert not await is_connected(session, project)
        await fill(conn, project)
        if analyzed:
            await conn.execute("vacuum analyze social_account, account_credential")
        # Otherwise the reads of `fill` may be counted later.
        await conn.execute("select pg_stat_force_next_flush()")
        assert await plans.excess(session, uses, project, "social_account") == {}
        assert await is_connected(session, project)
        some = [row["id"] for row in await session.fetch("select id from social_account limit 3")]
        async with plans.reading(session, "social_account") as locking:
            locked = await social_account.lock_accounts.all(session, org=project.org, ids=some[::-1])
        async with (
            plans.reading(session, "account_credential") as tokens,
            plans.reading(session, "social_account") as accounts,
        ):
            assert await credentials.submit_due_token_refreshes(session) == DUE
    assert [row["id"] for row in locked] == sorted(some)
    assert locking.rows <= 3 * len(some)
    assert tokens.scans == accounts.scans == 0
    assert max(tokens.rows, accounts.rows) <= 10 * DUE


async def is_connected(conn: Conn, _: Project) -> Any:
    """Return whether an account of Instagram is connected."""
    named = {"platform": "instagram", "service_url": "https://instagram.example", "external_id": "7"}
    return await social_account.is_connected.value(conn, **named)


def listed(statuses: list[AccountStatus] | None) -> Callable[[Conn, Project], Awaitable[Any]]:
    """Return a use that lists accounts of all projects."""
    none: dict[str, Any] = dict.fromkeys(("project_id", "platforms", "leased", "before"))

    async def use(conn: Conn, project: Project) -> Any:
        asked = {"organization_id": project.org, "statuses": statuses, "limit": PAGE}
        return await accounts.list_account_page(conn, **none | asked)

    return use
