"""What is asked of all accounts at once reads few of them."""

import pytest

from db.pool import Conn, Pool
from db.queries import social_account
from domain.accounts import credentials
from domain.accounts.credentials import Grant
from tests import seeds
from tests.domain.project import Project
from tests.domain.publishing.test_plans import read

MANY, DUE = 5000, 3


async def fill(conn: Conn, project: Project) -> None:
    """Accounts on Instagram, each with a token; few are due."""
    grant = Grant(access_token="one")
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
async def test_only_those_that_are_due_are_read(
    pool: Pool, conn: Conn, project: Project, analyzed: bool
) -> None:
    async with pool.acquire() as session:
        for _ in range(6):  # from then on PostgreSQL may keep a plan for good
            assert await credentials.refresh_due(session) == 0
        await fill(conn, project)
        if analyzed:
            await conn.execute("vacuum analyze account_credential, social_account")
        before = [await read(session, table) for table in ("account_credential", "social_account")]
        assert await credentials.refresh_due(session) == DUE
        after = [await read(session, table) for table in ("account_credential", "social_account")]
    assert [scans for scans, _ in after] == [scans for scans, _ in before]
    rows = [now - then for (_, now), (_, then) in zip(after, before, strict=True)]
    assert max(rows) <= 10 * DUE


@pytest.mark.parametrize("analyzed", [True, False])
async def test_whether_an_account_is_anybodys_is_read_at_once(
    pool: Pool, conn: Conn, project: Project, analyzed: bool
) -> None:
    named = {"platform": "instagram", "service_url": "https://instagram.example"}
    async with pool.acquire() as session:
        for _ in range(6):
            assert not await social_account.is_connected.value(session, **named, external_id="7")
        await fill(conn, project)
        if analyzed:
            await conn.execute("vacuum analyze social_account")
        scans, rows = await read(session, "social_account")
        assert await social_account.is_connected.value(session, **named, external_id="7")
        scans_after, rows_after = await read(session, "social_account")
    assert scans_after == scans
    assert rows_after - rows <= 3
