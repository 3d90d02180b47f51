"""A worker killed while it draws a page: no browser stays, and another worker draws the page."""

import asyncio
import signal
from functools import partial
from typing import Any

import pytest

from db.pool import run_in_transaction
from domain.brand import ingests
from jobs.kinds import INGEST_WEBSITE_KIND
from tests import seeds
from tests.chaos.fleet import LONG_S, Fleet
from tests.process_tree import alive, descendants
from tests.waiting import eventually
from tests.workers.ingest.render.scene import list_files_of_nobody, read_words
from tests.workers.ingest.render.shell import SHELL_ANSWERS, hold_data
from tests.workers.web.web import serve

pytestmark = pytest.mark.peers


async def test_a_killed_worker_leaves_no_browser_and_its_job_is_drawn_again(fleet: Fleet) -> None:
    before, held = {*list_files_of_nobody()}, asyncio.Event()
    async with serve({**SHELL_ANSWERS, "/data.json": hold_data(held)}) as site:
        fleet.allow(site.host, ingest_chromium_path="")
        await fleet.dispatcher()
        worker = await fleet.of_product(INGEST_WEBSITE_KIND.pool, lease_s=LONG_S)
        job_id = await start_ingest(fleet, site.url())
        await asyncio.wait_for(held.wait(), LONG_S)
        family = descendants(worker.popen.pid)
        assert any(b"--type=renderer" in read_words(pid) for pid in family)
        worker.signal(signal.SIGKILL)

        async def are_ended() -> bool:
            return not any(map(alive, family))

        await eventually(are_ended)
        assert {*list_files_of_nobody()} == before
        site.answers = SHELL_ANSWERS
        await fleet.bury(worker)
        await fleet.of_product(INGEST_WEBSITE_KIND.pool, lease_s=LONG_S)

        async def has_ended() -> bool:
            return (await fleet.rows([job_id]))[0]["finished_at"] is not None

        await eventually(has_ended)
    row = (await fleet.rows([job_id]))[0]
    assert (row["state"], row["crashes"]) == ("completed", 1)
    assert row["result"]["warnings"] == []
    pictures = await fleet.pool.fetch("select kind, source_url, width, height from app_media")
    assert [tuple(picture) for picture in pictures] == [("screenshot", site.url(), 1280, 900)]


async def start_ingest(fleet: Fleet, url: str) -> Any:
    async with fleet.pool.acquire() as conn:
        project_id = await seeds.project(conn, fleet.org)
    args = {"url": url, "follow_links": False, "max_pages": 1}
    start = partial(
        ingests.start_ingest, kind=INGEST_WEBSITE_KIND, organization_id=fleet.org, project_id=project_id, args=args
    )
    return (await run_in_transaction(fleet.pool, start)).job_id
