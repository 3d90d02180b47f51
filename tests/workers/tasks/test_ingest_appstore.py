"""The store ingest's job in a real worker, against a server that simulates all three upstreams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from domain.brand.store_listings import GooglePlayListingReference, RequestedStoreListing
from jobs.kinds import INGEST_APPSTORE_KIND
from tests.workers.ingest.appstore.store_server import FACEBOOK, NOTHING, json, look_up_path, play_path, recorded
from tests.workers.tasks.project import IngestProject, create
from tests.workers.web.web import Answers, Site, raw_response, serve


@asynccontextmanager
async def stores(project: IngestProject, answers: Answers) -> AsyncIterator[Site]:
    """Run a worker with all three upstreams at one site."""
    async with serve(answers) as site:
        named = dict.fromkeys(("itunes_api_url", "app_store_url", "play_url"), site.url(""))
        async with project.at_work(INGEST_APPSTORE_KIND, **named):
            yield site


async def start(project: IngestProject, *listings: RequestedStoreListing) -> UUID:
    return await project.start(INGEST_APPSTORE_KIND, listings=msgspec.to_builtins(listings), country_code="us")


async def ingest(project: IngestProject, answers: Answers, *listings: RequestedStoreListing) -> asyncpg.Record:
    async with stores(project, answers):
        return await project.workers.ended(await start(project, *listings))


async def test_a_listing_becomes_the_projects_brand(project: IngestProject) -> None:
    """Its worker waits for a token that is near."""
    await project.workers.pool.execute(
        "insert into upstream_pace (upstream, free_at) values ('itunes', now() + interval '17 seconds')"
    )
    answers = {look_up_path(FACEBOOK): json(recorded("itunesLookup-284882215.json"))}
    row = await ingest(project, answers, FACEBOOK)
    assert (row["state"], row["error"], row["attempt"]) == ("completed", None, 1)
    assert await project.workers.attempts(row["id"]) == ["completed"]
    assert row["result"]["source"] == "appstore"
    assert row["result"]["url"] == "https://itunes.apple.com/us/app/facebook/id284882215"
    assert {"appName", "appDescription", "keywords", "logoUrl", "links"} <= {*row["result"]["fields"]}
    shown: Any = await project.shown()
    assert shown.brand_context.app_name == "Facebook"
    assert shown.brand_context.provenance["appName"].source == "appstore"
    assert shown.ingest_state.appstore.status == "completed"


async def test_an_unlisted_app_costs_five_rate_tokens(project: IngestProject) -> None:
    nothing = {look_up_path(FACEBOOK, country): json(NOTHING) for country in ("us", "gb", "de", "fr", "jp")}
    pool, clock = project.workers.pool, "select clock_timestamp()"
    before = await pool.fetchval(clock)
    row = await ingest(project, nothing, FACEBOOK)
    assert (row["state"], row["error"]["code"]) == ("failed", "SOURCE_NOT_FOUND")
    # The burst is spent: the next token is the first with a wait.
    spent_at = await pool.fetchval("select free_at - interval '20 s' from upstream_pace")
    assert before <= spent_at <= await pool.fetchval(clock)


async def test_a_rate_limit_snoozes_every_job_and_costs_no_attempt(project: IngestProject) -> None:
    answers = {look_up_path(FACEBOOK): json("", 403)}
    other = await create(project.workers)
    async with stores(project, answers) as site:
        first = await start(project, FACEBOOK)
        row = await wait_until_snoozed(project, first, 50)
        assert row["attempt"] == 0
        second = await start(other, FACEBOOK)
        await wait_until_snoozed(project, second, 50)
        assert site.paths == [look_up_path(FACEBOOK)]
        answers[look_up_path(FACEBOOK)] = json(recorded("itunesLookup-284882215.json"))
        await an_hour_passes(project)
        row = await project.workers.ended(first)
    assert (row["state"], row["attempt"]) == ("completed", 1)
    assert await project.workers.attempts(first) == ["snoozed", "completed"]


async def wait_until_snoozed(project: IngestProject, job_id: UUID, seconds: int) -> asyncpg.Record:
    """Return the job's row, once it is snoozed for at least `seconds`."""
    queued = f"state = 'queued' and run_at > now() + interval '{seconds} seconds'"
    return await project.workers.becomes(job_id, queued)


async def an_hour_passes(project: IngestProject) -> None:
    await project.workers.pool.execute(
        """update upstream_pace set free_at = free_at - interval '1 hour',
                  held_until = held_until - interval '1 hour'"""
    )
    await project.workers.pool.execute("update job set run_at = now(), stage = 'queued' where state = 'queued'")


async def test_an_empty_bucket_is_waited_for_outside_the_worker(project: IngestProject) -> None:
    await project.workers.pool.execute(
        "insert into upstream_pace (upstream, free_at) values ('itunes', now() + interval '100 seconds')"
    )
    async with stores(project, {}) as site:
        job_id = await start(project, FACEBOOK)
        row = await wait_until_snoozed(project, job_id, 60)
    assert (row["attempt"], site.asked) == (0, [])
    assert await project.workers.attempts(job_id) == ["snoozed"]


async def test_google_play_needs_no_token(project: IngestProject) -> None:
    listing = GooglePlayListingReference(package="com.example.acme")
    node = '{"@type": "SoftwareApplication", "name": "Acme", "description": "Every plan of your team"}'
    page = raw_response(body=f'<script type="application/ld+json">{node}</script>')
    row = await ingest(project, {play_path(listing): page}, listing)
    assert row["state"] == "completed"
    assert await project.workers.pool.fetchval("select count(*) from upstream_pace") == 0
