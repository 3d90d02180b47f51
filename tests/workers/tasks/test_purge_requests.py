"""The request of a purge: a refusal changes nothing, and an accepted one closes the project for good."""

import asyncio
from functools import partial

import pytest

from db.pool import Conn, run_in_transaction
from domain.leasing import offers, requests
from schemas.errors import ObjectNotFound, StateConflict
from tests import leasing, waiting
from tests.workers.tasks.project import IngestProject
from tests.workers.tasks.test_purging import archived, begin

LOCKED_OUT = """
  select exists (
    select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())"""


async def test_a_project_that_is_active_or_being_archived_is_not_purged(project: IngestProject) -> None:
    with leasing.conflict("NOT_ARCHIVED"):
        await begin(project.workers.pool, project.id)
    await project.archive()
    with leasing.conflict("ARCHIVE_RUNNING"):
        await begin(project.workers.pool, project.id)
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
    assign = partial(
        requests.assign_accounts_to_request, actor=owner.actor, request_id=request_id, account_ids=[owner.shown]
    )
    async with pool.acquire() as lender:
        async with lender.transaction():
            await assign(lender)
            purging = asyncio.create_task(begin(pool, project.id))
            await waiting.eventually(lambda: conn.fetchval(LOCKED_OUT))
        with pytest.raises(StateConflict) as refused:
            await purging
    assert refused.value.details["reason"] == "ACCOUNT_LEASED"


async def test_an_account_of_a_purged_project_is_not_offered_again(project: IngestProject, conn: Conn) -> None:
    owner = await offered(project, conn)
    await begin(project.workers.pool, project.id)
    with pytest.raises(ObjectNotFound):
        await run_in_transaction(
            project.workers.pool,
            partial(offers.offer_account_for_lease, actor=owner.actor, account_id=owner.account_id, niche="baking"),
        )
