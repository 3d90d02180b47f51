"""The request of a purge: a refusal changes nothing, and an accepted one closes the project for good."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from db.pool import Conn, transact
from domain.leasing import offers, requests
from schemas import ids
from schemas.errors import Conflict, Invalid, NotFound
from tests import leasing, waiting
from tests.workers.tasks.project import IngestProject
from tests.workers.tasks.test_purging import archived, begin

LOCKED_OUT = """
  select exists (
    select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())"""


async def lent(project: IngestProject, conn: Conn) -> None:
    """Lend an account of this project to another tenant."""
    owner = await leasing.another(
        conn, leasing.LeaseOwner(project.org, project.id, project.org), handle="ours"
    )
    await leasing.lend(project.workers.pool, owner, await leasing.tenant(conn))
    await archived(project)


async def asked(project: IngestProject, _: Conn) -> None:
    await project.archive()


async def nothing(_: IngestProject, __: Conn) -> None:
    """Do nothing: the project is active."""


@pytest.mark.parametrize(
    ("before", "reason"),
    [(nothing, "NOT_ARCHIVED"), (asked, "ARCHIVE_RUNNING"), (lent, "ACCOUNT_LEASED")],
)
async def test_a_project_that_cannot_be_purged_stays(
    project: IngestProject, conn: Conn, before: Callable[[IngestProject, Conn], Awaitable[None]], reason: str
) -> None:
    await before(project, conn)
    with pytest.raises(Conflict) as refused:
        await begin(project.workers.pool, project.id)
    assert refused.value.details["reason"] == reason
    assert (await project.shown()).name == "Shop"


async def offered(project: IngestProject, conn: Conn) -> leasing.LeaseOwner:
    """Offer an account of the archived project for lease."""
    ours = leasing.LeaseOwner(project.org, project.id, project.org)
    owner = await leasing.another(conn, ours, handle="ours")
    await archived(project)
    return owner


async def test_a_lent_account_prevents_the_purge(project: IngestProject, conn: Conn) -> None:
    """Otherwise its tenant would post with rows that the purge deletes."""
    pool, owner = project.workers.pool, await offered(project, conn)
    request_id = await leasing.ask(conn, await leasing.tenant(conn))
    assign = partial(requests.assign, actor=owner.actor, request_id=request_id, account_ids=[owner.shown])
    async with pool.acquire() as lender:
        async with lender.transaction():
            await assign(lender)
            purging = asyncio.create_task(begin(pool, project.id))
            await waiting.eventually(lambda: conn.fetchval(LOCKED_OUT))
        with pytest.raises(Conflict) as refused:
            await purging
    assert refused.value.details["reason"] == "ACCOUNT_LEASED"


async def test_an_account_of_a_purged_project_is_not_offered_again(
    project: IngestProject, conn: Conn
) -> None:
    owner = await offered(project, conn)
    await begin(project.workers.pool, project.id)
    with pytest.raises(NotFound):
        await transact(
            project.workers.pool,
            partial(offers.offer, actor=owner.actor, account_id=owner.account_id, niche="baking"),
        )


async def test_a_purge_needs_the_projects_name_and_environment(project: IngestProject, conn: Conn) -> None:
    await archived(project)
    with pytest.raises(Invalid):
        await begin(project.workers.pool, project.id, name="shop")
    with pytest.raises(NotFound):
        await begin(project.workers.pool, project.id, env="test", name="Shop")
    with pytest.raises(NotFound):
        await begin(project.workers.pool, ids.new())
    assert (await project.shown()).status == "archived"
