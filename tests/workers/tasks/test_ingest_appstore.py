"""The store ingest's job in a real worker, against a server that stands for all three upstreams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from db.pool import transact
from domain.brand import ingests
from domain.brand.store_listings import InAppStore, InGooglePlay, Listing
from domain.projects import projects
from domain.tenancy import organizations
from jobs.kinds import INGEST_APPSTORE
from tests import seeds
from tests.workers.ingest.appstore.store_server import FACEBOOK, NOTHING, at, json, play_at, recorded
from tests.workers.runtime.workers import Workers, at_work
from tests.workers.web.web import Answers, Site, say, serve
from workers.tasks import ingest_appstore

#: Nobody listens there.
NOWHERE = "http://127.0.0.1:1"


@pytest_asyncio.fixture
async def project_id(workers: Workers) -> UUID:
    async with workers.pool.acquire() as conn:
        return await seeds.project(conn, workers.org)


async def start(workers: Workers, project_id: UUID, *listings: Listing, org: UUID | None = None) -> UUID:
    submitted = await transact(
        workers.pool,
        lambda conn: ingests.start_appstore(
            conn,
            organization_id=org or workers.org,
            project_id=project_id,
            listings=listings,
            country_code="us",
        ),
    )
    if submitted.wake:
        await workers.courier.send(submitted.wake)
    return submitted.job_id


@asynccontextmanager
async def working(workers: Workers, url: str) -> AsyncIterator[None]:
    """A worker for which all three upstreams are at `url`."""
    settings = msgspec.structs.replace(workers.settings, itunes_api_url=url, app_store_url=url, play_url=url)
    async with at_work(settings, workers.pool, {INGEST_APPSTORE: ingest_appstore.open_task}):
        yield


@asynccontextmanager
async def stores(workers: Workers, answers: Answers) -> AsyncIterator[Site]:
    async with serve(answers) as site, working(workers, site.url("")):
        yield site


async def ingest(workers: Workers, project_id: UUID, answers: Answers, *listings: Listing) -> asyncpg.Record:
    async with stores(workers, answers):
        return await workers.ended(await start(workers, project_id, *listings))


async def brand(workers: Workers, project_id: UUID) -> Any:
    async with workers.pool.acquire() as conn:
        project, _ = await projects.get(conn, organization_id=workers.org, project_id=project_id)
    return project


async def test_a_listing_becomes_the_projects_brand(workers: Workers, project_id: UUID) -> None:
    answers = {at(FACEBOOK): json(recorded("itunesLookup-284882215.json"))}
    row = await ingest(workers, project_id, answers, FACEBOOK)
    assert (row["state"], row["error"], row["attempt"]) == ("completed", None, 1)
    assert row["result"]["source"] == "appstore"
    assert row["result"]["url"] == "https://itunes.apple.com/us/app/facebook/id284882215"
    assert {"appName", "appDescription", "keywords", "logoUrl", "links"} <= {*row["result"]["fields"]}
    shown = await brand(workers, project_id)
    assert shown.brand_context.app_name == "Facebook"
    assert shown.brand_context.provenance["appName"].source == "appstore"
    assert shown.ingest_state.appstore.status == "completed"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (json('{"errorMessage":"Invalid value(s) for key(s): [itunesId]"}'), "SOURCE_NOT_FOUND"),
        (json('{"results":[{"wrapperType":"artist"}]}'), "SOURCE_NOT_FOUND"),
        (say(302, location="http://169.254.169.254/"), "FETCH_BLOCKED"),
        (json(" " * (1 << 20) + "{}"), "TOO_LARGE"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_fails_at_once(
    workers: Workers, project_id: UUID, answer: bytes, code: str
) -> None:
    row = await ingest(workers, project_id, {at(FACEBOOK): answer}, FACEBOOK)
    assert (row["state"], row["error"]["code"], row["attempt"]) == ("failed", code, 1)
    assert row["error"]["message"]
    shown = await brand(workers, project_id)
    assert shown.ingest_state.appstore.error.code == code


async def test_an_app_that_is_nowhere_costs_its_five_tokens(workers: Workers, project_id: UUID) -> None:
    nothing = {at(FACEBOOK, country): json(NOTHING) for country in ("us", "gb", "de", "fr", "jp")}
    row = await ingest(workers, project_id, nothing, FACEBOOK)
    assert (row["state"], row["error"]["code"]) == ("failed", "SOURCE_NOT_FOUND")
    # The burst is spent: the next token is the first that has to be waited for.
    ahead = "select extract(epoch from free_at - now()) from upstream_pace"
    assert await workers.pool.fetchval(ahead) == pytest.approx(20, abs=2)


async def test_an_answer_that_is_no_json_is_tried_again(workers: Workers, project_id: UUID) -> None:
    async with stores(workers, {at(FACEBOOK): say(body="<h1>Maintenance</h1>")}):
        job_id = await start(workers, project_id, FACEBOOK)
        await workers.becomes(job_id, "attempt > 0 and state = 'queued'")
    assert (await workers.attempts(job_id))[0] == "retry"


async def test_a_refusal_puts_every_job_to_sleep_and_costs_no_attempt(
    workers: Workers, project_id: UUID
) -> None:
    answers = {at(FACEBOOK): json("", 403)}
    async with workers.pool.acquire() as conn:
        other = await seeds.project(conn, workers.org)
    async with stores(workers, answers) as site:
        first = await start(workers, project_id, FACEBOOK)
        row = await workers.becomes(first, "state = 'queued' and run_at > now() + interval '50 seconds'")
        assert row["attempt"] == 0
        second = await start(workers, other, FACEBOOK)
        await workers.becomes(second, "state = 'queued' and run_at > now() + interval '50 seconds'")
        assert site.paths == [at(FACEBOOK)]
        answers[at(FACEBOOK)] = json(recorded("itunesLookup-284882215.json"))
        await an_hour_passes(workers)
        row = await workers.ended(first)
    assert (row["state"], row["attempt"]) == ("completed", 1)
    assert await workers.attempts(first) == ["snoozed", "completed"]


async def an_hour_passes(workers: Workers) -> None:
    await workers.pool.execute(
        """update upstream_pace set free_at = free_at - interval '1 hour',
                  held_until = held_until - interval '1 hour'"""
    )
    await workers.pool.execute("update job set run_at = now(), stage = 'queued' where state = 'queued'")


async def test_an_empty_bucket_is_waited_for_outside_the_worker(workers: Workers, project_id: UUID) -> None:
    await workers.pool.execute(
        "insert into upstream_pace (upstream, free_at) values ('itunes', now() + interval '100 seconds')"
    )
    async with stores(workers, {}) as site:
        job_id = await start(workers, project_id, FACEBOOK)
        row = await workers.becomes(job_id, "state = 'queued' and run_at > now() + interval '60 seconds'")
    assert (row["attempt"], site.asked) == (0, [])
    assert await workers.attempts(job_id) == ["snoozed"]


async def test_a_token_that_is_near_is_waited_for_in_the_worker(workers: Workers, project_id: UUID) -> None:
    await workers.pool.execute(
        "insert into upstream_pace (upstream, free_at) values ('itunes', now() + interval '17 seconds')"
    )
    answers = {at(FACEBOOK): json(recorded("itunesLookup-284882215.json"))}
    row = await ingest(workers, project_id, answers, FACEBOOK)
    assert (row["state"], row["attempt"]) == ("completed", 1)
    assert await workers.attempts(row["id"]) == ["completed"]


async def test_google_play_needs_no_token(workers: Workers, project_id: UUID) -> None:
    listing = InGooglePlay(package="com.example.acme")
    node = '{"@type": "SoftwareApplication", "name": "Acme", "description": "Every plan of your team"}'
    page = say(body=f'<script type="application/ld+json">{node}</script>')
    row = await ingest(workers, project_id, {play_at(listing): page}, listing)
    assert row["state"] == "completed"
    assert await workers.pool.fetchval("select count(*) from upstream_pace") == 0


@pytest.mark.parametrize(
    ("listing", "name", "code"),
    [
        (InAppStore(by="bundleId", value="test.example.ok"), "Example", None),
        (InGooglePlay(package="test.example.ok"), "Example", None),
        (InGooglePlay(package="com.acme.planner"), "Planner", None),
        (InAppStore(by="id", value="618783545"), "618783545", None),
        (InAppStore(by="bundleId", value="test.example.missing"), None, "SOURCE_NOT_FOUND"),
    ],
)
async def test_a_sandbox_reads_fakes(
    workers: Workers, listing: Listing, name: str | None, code: str | None
) -> None:
    async with workers.pool.acquire() as conn:
        sandbox = (await organizations.create(conn, name="Acme", tier="partner")).sandbox
        project_id = await seeds.project(conn, sandbox)
    async with working(workers, NOWHERE):
        row = await workers.ended(await start(workers, project_id, listing, org=sandbox))
    assert (row["error"] and row["error"]["code"]) == code
    said = "select fields -> 'appName' ->> 'value' from brand_source where project_id = $1"
    assert await workers.pool.fetchval(said, project_id) == name
