"""Disconnecting an account cancels its posts, in any race with schedules, refreshes and connects."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool, run_in_transaction
from domain.accounts import accounts, credentials
from domain.accounts.credentials import TokenGrant
from tests import leasing, seeds
from tests.domain.project import Project, archive

RACES = 40


@pytest.fixture
async def account(conn: Conn, project: Project) -> UUID:
    return await seeds.account(conn, project.org, project.id)


async def test_archive_allows_a_disconnect(pool: Pool, conn: Conn, project: Project, account: UUID) -> None:
    for hours in (0, 1, 48):
        await leasing.schedule(conn, project, account, hours=hours)
    await archive(conn, project)
    answer = await leasing.disconnect(pool, project.org, account)
    assert answer.canceled_scheduled_posts == 3
    assert await leasing.disconnect(pool, project.org, account) == answer


async def test_an_account_of_a_platform_of_another_release_disconnects(
    pool: Pool, conn: Conn, project: Project
) -> None:
    account = await seeds.account(conn, project.org, project.id, platform="gone")
    await leasing.disconnect(pool, project.org, account)
    assert await conn.fetchval("select count(*) from job where kind = 'revoke_token'") == 0


async def test_concurrent_disconnects_agree(pool: Pool, conn: Conn, project: Project, account: UUID) -> None:
    await leasing.schedule(conn, project, account)
    answers = await asyncio.gather(*(leasing.disconnect(pool, project.org, account) for _ in range(4)))
    assert [answer.canceled_scheduled_posts for answer in answers] == [1, 1, 1, 1]
    assert (await leasing.actions(conn, project.org)).count("social_account.disconnected") == 1


async def test_connect_races_disconnect_and_one_remains(pool: Pool, conn: Conn, project: Project) -> None:
    """A connected account can be opened, a disconnected one can't."""

    async def connect(handle: str) -> UUID:
        return await run_in_transaction(pool, lambda own: seeds.account(own, project.org, project.id, handle=handle))

    for number in range(RACES):
        handle = f"shop-{number}"
        account = await seeds.account(conn, project.org, project.id, handle=handle)
        connected, _ = await asyncio.gather(connect(handle), leasing.disconnect(pool, project.org, account))
        rows = await conn.fetch(
            """select a.id, a.status, c.account_id is not null as opens
                 from social_account a left join account_credential c on c.account_id = a.id
                where a.handle = $1""",
            handle,
        )
        assert {(row["status"] != "disconnected") == row["opens"] for row in rows} == {True}
        assert connected in {row["id"] for row in rows}
        assert sum(row["status"] == "disconnected" for row in rows) == 1


async def test_late_token_changes_nothing(pool: Pool, conn: Conn, project: Project, account: UUID) -> None:
    named: dict[str, Any] = {"organization_id": project.org, "account_id": account}
    await leasing.disconnect(pool, project.org, account)
    await accounts.mark_account_for_reauth(conn, **named, reason="TOKEN_REFUSED")
    grant = TokenGrant(access_token="late")
    assert not await credentials.store_refreshed_tokens_if_current(
        conn, **named, generation=1, grant=grant, keyring=seeds.VAULT
    )
    assert await leasing.status(conn, account) == "disconnected"


async def test_only_a_current_generations_refusal_counts(conn: Conn, project: Project, account: UUID) -> None:
    named: dict[str, Any] = {"organization_id": project.org, "account_id": account, "reason": "REFUSED"}
    await seeds.account(conn, project.org, project.id)
    for generation, status in ((1, "connected"), (2, "reauth_required"), (2, "reauth_required")):
        async with conn.transaction():
            await accounts.mark_account_for_reauth(conn, **named, generation=generation)
        assert await leasing.status(conn, account) == status
    told = [action for action in await leasing.actions(conn, project.org) if "social_account" in action]
    assert [action.partition(".")[2] for action in told] == ["connected", "reconnected", "reauth_required"]


async def test_an_account_of_mastodon_is_each_servers_own(conn: Conn, project: Project) -> None:
    """Only a DID is independent of its server."""

    async def seen(platform: str, server: str) -> UUID:
        fields = {"service_url": f"https://{server}", "external_id": "1"}
        return await seeds.account(conn, project.org, project.id, platform=platform, **fields)

    assert await seen("mastodon", "one.example") != await seen("mastodon", "two.example")
    assert await seen("bluesky", "one.example") == await seen("bluesky", "two.example")
