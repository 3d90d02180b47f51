"""Sites that never respond: another tenant's ingest doesn't wait for them."""

import asyncio
from functools import partial

from db.pool import run_in_transaction
from domain.brand import ingests
from domain.tenancy import organizations
from jobs.kinds import INGEST_WEBSITE_KIND
from tests import seeds
from tests.waiting import eventually
from tests.workers.tasks.project import IngestProject
from tests.workers.web.web import raw_response, serve

HOGS, INGESTS, SLOTS = 2, 20, 10
PAGE = raw_response(body="<html lang=en><title>Acme</title><p>Acme sends invoices.")


async def test_forty_ingests_of_silent_sites_make_no_other_tenants_ingest_late(project: IngestProject) -> None:
    asked, silent = 0, asyncio.Event()

    async def never(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await silent.wait()

    async with serve({"/robots.txt": never}) as slow, serve({"/": PAGE}) as quick:
        settings = {"slots": SLOTS, "fetch_allow": f"{slow.host},{quick.host}"}
        for _ in range(HOGS):
            await begin(project, slow.url())
        async with project.at_work(INGEST_WEBSITE_KIND, **settings):
            await eventually(lambda: full(project))
            asking = {"url": quick.url(), "follow_links": False, "max_pages": 1}
            row = await project.ingested(INGEST_WEBSITE_KIND, **asking)
            assert row["state"] == "completed"
            assert asked > 0
            assert await full(project)
            silent.set()


async def begin(project: IngestProject, url: str) -> None:
    """Start the ingests of a tenant of the lowest tier."""
    async with project.workers.pool.acquire() as conn:
        org = (await organizations.insert_organization_pair(conn, name="Acme", tier="standard")).live
        ids = [await seeds.project(conn, org, name=f"Shop {number}") for number in range(INGESTS)]
    args = {"url": url, "follow_links": False, "max_pages": 1}
    for project_id in ids:
        start = partial(ingests.start_ingest, kind=INGEST_WEBSITE_KIND, organization_id=org, project_id=project_id)
        await run_in_transaction(project.workers.pool, partial(start, args=args))


async def full(project: IngestProject) -> bool:
    """Return whether the two tenants use all slots that they may."""
    running = "select count(*) from job where state = 'running' and organization_id <> $1"
    return bool(await project.workers.pool.fetchval(running, project.org) >= SLOTS - 3)
