"""Letting an account go: its posts go with it, whoever schedules, refreshes or lets go at the same moment."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from db.pool import Conn, Pool, transact
from domain.accounts import accounts, credentials
from domain.accounts.credentials import Grant
from domain.connecting import connect
from domain.projects import archive
from schemas.accounts import AccountDisconnected
from schemas.errors import Conflict
from tests import seeds
from tests.domain.project import Project

RACES = 40


@pytest.fixture
async def account_id(conn: Conn, project: Project) -> UUID:
    return await seeds.account(conn, project.org, project.id)


async def disconnect(pool: Pool, project: Project, account_id: UUID) -> AccountDisconnected:
    named = {"organization_id": project.org, "account_id": account_id}
    return await transact(
        pool, lambda conn: connect.disconnect(conn, **named, api_key_id=None, keyring=seeds.VAULT)
    )


async def connected(pool: Pool, project: Project, handle: str) -> UUID:
    return await transact(pool, lambda conn: seeds.account(conn, project.org, project.id, handle=handle))


async def schedule(pool: Pool, project: Project, account_id: UUID, *, hours: float = 1) -> UUID:
    async with pool.acquire() as conn:
        content_id = await seeds.content(conn, project.org, project.id)
        at = datetime.now().astimezone() + timedelta(hours=hours)
        return await seeds.post(conn, project.org, content_id, account_id, at=at)


async def waiting(pool: Pool, account_id: UUID) -> int:
    found: int = await pool.fetchval(
        """select count(*) from scheduled_post
            where social_account_id = $1 and status in ('blocked', 'queued')""",
        account_id,
    )
    return found


async def test_what_waits_for_it_is_canceled_with_its_jobs(
    pool: Pool, project: Project, account_id: UUID
) -> None:
    for hours in (0, 1, 48):
        await schedule(pool, project, account_id, hours=hours)
    answer = await disconnect(pool, project, account_id)
    assert answer.canceled_scheduled_posts == 3
    posts = await pool.fetch("select status, cancel_reason from scheduled_post")
    assert {tuple(row.values()) for row in posts} == {("canceled", connect.DISCONNECTED)}
    left = await pool.fetch("select kind from job where finished_at is null")
    assert [row["kind"] for row in left] == ["revoke_token"]
    assert await disconnect(pool, project, account_id) == answer
    assert await pool.fetchval("select count(*) from job where kind = 'revoke_token'") == 1


async def test_another_accounts_posts_stay(
    pool: Pool, conn: Conn, project: Project, account_id: UUID
) -> None:
    other = await seeds.account(conn, project.org, project.id, handle="other")
    await schedule(pool, project, other)
    assert (await disconnect(pool, project, account_id)).canceled_scheduled_posts == 0
    assert await waiting(pool, other) == 1


async def test_no_post_comes_between(pool: Pool, conn: Conn, project: Project) -> None:
    """Each is canceled and counted, or was refused: none waits for an account that is gone."""
    for number in range(RACES):
        account_id = await seeds.account(conn, project.org, project.id, handle=f"shop-{number}")
        came = await asyncio.gather(
            schedule(pool, project, account_id),
            disconnect(pool, project, account_id),
            schedule(pool, project, account_id),
            return_exceptions=True,
        )
        scheduled = [one for one in came if isinstance(one, UUID)]
        refused = [one for one in came if isinstance(one, Conflict)]
        (answer,) = [one for one in came if isinstance(one, AccountDisconnected)]
        assert len(scheduled) + len(refused) == 2, came
        assert {one.details["reason"] for one in refused} <= {"ACCOUNT_NOT_CONNECTED"}
        assert answer.canceled_scheduled_posts == len(scheduled)
        assert await waiting(pool, account_id) == 0


async def test_two_that_let_it_go_at_once_hear_the_same(
    pool: Pool, project: Project, account_id: UUID
) -> None:
    await schedule(pool, project, account_id)
    answers = await asyncio.gather(*(disconnect(pool, project, account_id) for _ in range(4)))
    assert [answer.canceled_scheduled_posts for answer in answers] == [1, 1, 1, 1]
    assert (
        await pool.fetchval("select count(*) from audit_log where action = 'social_account.disconnected'")
        == 1
    )


async def test_connecting_and_letting_go_at_once_leave_one_or_the_other(
    pool: Pool, conn: Conn, project: Project
) -> None:
    """An account that is connected can be opened, and one that is not can't."""
    for number in range(RACES):
        account_id = await seeds.account(conn, project.org, project.id, handle=f"shop-{number}")
        again = connected(pool, project, f"shop-{number}")
        account, _ = await asyncio.gather(again, disconnect(pool, project, account_id))
        rows = await conn.fetch(
            """select a.id, a.status, c.account_id is not null as opens
                 from social_account a left join account_credential c on c.account_id = a.id
                where a.handle = $1""",
            f"shop-{number}",
        )
        assert {(row["status"] != "disconnected") == row["opens"] for row in rows} == {True}
        assert account in {row["id"] for row in rows}
        assert sum(row["status"] == "disconnected" for row in rows) == 1


async def test_it_works_in_an_archived_project(
    pool: Pool, conn: Conn, project: Project, account_id: UUID
) -> None:
    async with conn.transaction():
        await archive.archive(conn, organization_id=project.org, project_id=project.id, api_key_id=None)
    assert (await disconnect(pool, project, account_id)).status == "disconnected"


async def test_a_late_word_on_its_tokens_changes_nothing(
    pool: Pool, conn: Conn, project: Project, account_id: UUID
) -> None:
    named: dict[str, Any] = {"organization_id": project.org, "account_id": account_id}
    await disconnect(pool, project, account_id)
    await accounts.require_reauth(conn, **named, reason="TOKEN_REFUSED")
    grant = Grant(access_token="late")
    assert not await credentials.replace(conn, **named, generation=1, grant=grant, keyring=seeds.VAULT)
    assert (await accounts.get(conn, **named)).status == "disconnected"


async def test_only_the_current_generations_refusal_counts(
    pool: Pool, conn: Conn, project: Project, account_id: UUID
) -> None:
    named: dict[str, Any] = {"organization_id": project.org, "account_id": account_id}
    await seeds.account(conn, project.org, project.id)
    async with conn.transaction():
        await accounts.require_reauth(conn, **named, reason="TOKEN_REFUSED", generation=1)
    assert (await accounts.get(conn, **named)).status == "connected"
    async with conn.transaction():
        await accounts.require_reauth(conn, **named, reason="TOKEN_REFUSED", generation=2)
        await accounts.require_reauth(conn, **named, reason="TOKEN_REFUSED", generation=2)
    assert (await accounts.get(conn, **named)).status == "reauth_required"
    actions = await conn.fetch(
        "select action from audit_log where action like 'social_account.%' order by id"
    )
    assert [row["action"].partition(".")[2] for row in actions] == [
        "connected",
        "reconnected",
        "reauth_required",
    ]


async def test_an_account_of_mastodon_is_each_servers_own(conn: Conn, project: Project) -> None:
    """Only a DID is the same wherever it lives."""

    async def seen(platform: str, server: str) -> UUID:
        fields = {"service_url": f"https://{server}", "external_id": "1"}
        return await seeds.account(conn, project.org, project.id, platform=platform, **fields)

    assert await seen("mastodon", "one.example") != await seen("mastodon", "two.example")
    assert await seen("bluesky", "one.example") == await seen("bluesky", "two.example")
