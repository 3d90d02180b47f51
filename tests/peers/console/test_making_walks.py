"""Walks to generated content: its texts and images, its presenter, and its source files.

Uses a sandbox key. No worker generates until a walk starts or simulates one.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.pool import open_postgres_pool
from domain.jobs import jobs
from jobs import ledger
from jobs.kinds import CONTENT_GENERATE_KIND
from jobs.ledger import AttemptSettlement, JobClaim
from jobs.outcomes import Canceled
from tests import seeds
from tests.media import picture
from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import click, send, write
from tests.peers.console.checks import find_barriers
from tests.peers.console.living import Living, living, wait_for_job
from tests.peers.processes import working

pytestmark = [pytest.mark.peers, pytest.mark.timeout(480)]

PROGRESS = "document.querySelector('main .stages .now')?.innerText"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living(tmp_path_factory.mktemp("living"), pools=("ingest", "publish")) as made:
        yield made


@pytest.fixture
def client(studio: Living) -> Iterator[httpx.Client]:
    with studio.api._replace(key=studio.keys.sandbox).client() as made:
        yield made


@pytest.fixture
def project(studio: Living, client: httpx.Client) -> str:
    """Create a project and ingest its website."""
    project = studio.api.project(client)
    read = client.post(f"/projects/{project}/ingest/website", json={"url": "https://example.test/ok"})
    wait_for_job(client, read.json()["jobId"])
    return project


def go(studio: Living, page: BrowserTab, address: str, ready: str) -> None:
    studio.open(page, address, ready, key=studio.keys.sandbox)


def test_slideshow_is_generated_regenerated_approved_and_scheduled(
    studio: Living, page: BrowserTab, client: httpx.Client, project: str
) -> None:
    client.patch(f"/projects/{project}/approval-policy", json={"requiresApproval": True})
    account = connect_account(client, project)
    go(studio, page, f"projects/{project}/content", "document.querySelector('main .nothing')")
    click(page, "Generate content")
    page.until("document.querySelector('dialog .hooks button')")
    offered = page.run("document.querySelector('dialog .hooks button').innerText")
    page.run("document.querySelector('dialog .hooks button').click()")
    assert find_barriers(page) == []
    send(page)
    page.until(f"{PROGRESS} === 'Queued'")
    with working(studio.settings, "generate"):
        page.until("document.querySelectorAll('main .gallery img').length > 1")
        page.until("[...document.querySelectorAll('main .gallery img')].every((one) => one.naturalWidth)")
        [item] = client.get(f"/projects/{project}/content").json()["items"]
        body = client.get(f"/content/{item['id']}").json()
        assert (body["hook"], body["status"], body["format"]) == (offered, "completed", "slideshow")
        assert_evidence(page, body)
        click(page, "Regenerate content")
        write(page, "hook", "Said by a walker")
        assert find_barriers(page) == []
        send(page)
        page.until("document.querySelector('main .hook')?.innerText === 'Said by a walker'")
    click(page, "Approve")
    page.until("document.querySelector('main .badge.approved')")
    click(page, "Schedule…")
    page.until("document.querySelector('dialog [name=targets]')")
    page.run("document.querySelector('dialog [name=targets]').click()")
    # The proposed next hour may begin before the form is sent.
    write(page, "localTime", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}")
    assert find_barriers(page) == []
    send(page)
    page.until("!document.querySelector('dialog')")
    [post] = client.get(f"/projects/{project}/scheduled-posts").json()["items"]
    assert (post["contentId"], post["socialAccountId"], post["status"]) == (item["id"], account, "queued")


def assert_evidence(page: BrowserTab, made: dict[str, Any]) -> None:
    """Assert that the screen shows each quote of the provenance, and each platform's fit."""
    quotes = [one["quote"] for one in made["provenance"] if one["quote"]]
    shown = page.run("[...document.querySelectorAll('main .quotes blockquote')].map((one) => one.innerText)")
    assert quotes
    assert [quote for quote in quotes if not any(quote in said for said in shown)] == []
    badges = "[...document.querySelectorAll('main .fits .badge')].map((one) => one.innerText)"
    words = ["fits" if said == "ok" else "not accepted" for said in made["fits"].values()]
    assert page.run(badges) == words


def connect_account(client: httpx.Client, project: str) -> str:
    """Connect an account of the project."""
    body = {"platform": "bluesky", "identifier": "ok", "appPassword": "demo-demo"}
    job = client.post(f"/projects/{project}/social-accounts", json=body).json()["jobId"]
    account: str = wait_for_job(client, job)["result"]["socialAccountId"]
    return account


def test_empty_brand_names_its_missing_fields(studio: Living, page: BrowserTab, client: httpx.Client) -> None:
    """Chromium also logs the API's refusal."""
    project = studio.api.project(client)
    page.expects.append("422")
    go(studio, page, f"projects/{project}/content", "document.querySelector('main .nothing')")
    click(page, "Generate content")
    page.until("document.querySelector('dialog .hooks .why')")
    assert find_barriers(page) == []
    said = page.run("document.querySelector('dialog .hooks .why').innerText")
    missing = client.get(f"/projects/{project}/content/hooks").json()["error"]["details"]["missingFields"]
    assert missing
    assert ", ".join(missing) in said


def test_app_files_are_added_and_removed(
    studio: Living, page: BrowserTab, client: httpx.Client, project: str, tmp_path: Path
) -> None:
    """The ingest may have suggested files before."""
    path = f"/projects/{project}/app-media"
    parts: list[Any] = [("kind", (None, "screenshot")), ("file", ("one.png", picture("PNG", (64, 80))))]
    assert client.post(path, files=parts).is_success
    known = {one["assetId"] for one in client.get(path).json()["items"]}
    go(studio, page, f"projects/{project}/content", f"{FILES} === {len(known)}")
    (tmp_path / "logo.png").write_bytes(picture("PNG", (64, 64)))
    click(page, "Add a file")
    page.until("document.querySelector('dialog [name=file]')")
    page.choose("dialog [name=file]", tmp_path / "logo.png")
    assert find_barriers(page) == []
    send(page)
    page.until(f"{FILES} === {len(known) + 1}")
    drop = "document.querySelector('main .file button[aria-label=\"Remove Screenshot\"]')"
    page.run(f"{drop}.click()")
    page.until(f"{FILES} === {len(known)}")
    left = {one["assetId"]: one["kind"] for one in client.get(path).json()["items"]}
    assert len(known - left.keys()) == 1
    assert [kind for one, kind in left.items() if one not in known] == ["logo"]


FILES = "document.querySelectorAll('main .files .file').length"


def test_influencer_is_created_edited_cloned_and_deleted(
    studio: Living, page: BrowserTab, client: httpx.Client, project: str
) -> None:
    path = f"/projects/{project}/influencers"
    before = {one["influencerId"] for one in client.get(path).json()["items"]}
    go(studio, page, f"projects/{project}/influencers", "document.querySelector('main .heading .primary')")
    click(page, "New influencer")
    write(page, "name", "Wanda")
    write(page, "gender", "female")
    assert find_barriers(page) == []
    send(page)
    page.until(f"['pending', 'training'].includes({card('Wanda')}?.querySelector('.badge')?.innerText)")
    with working(studio.settings, "generate"):
        page.until(f"{card('Wanda')}?.querySelector('img')?.naturalWidth")
        act(page, "Wanda", "Edit")
        write(page, "brandVoice", "Warm, and never in a hurry.")
        assert find_barriers(page) == []
        send(page)
        page.until(f"{card('Wanda')}?.innerText.includes('never in a hurry')")
        act(page, "Wanda", "Clone")
        write(page, "name", "Wilma")
        write(page, "ageRange", "senior")
        assert find_barriers(page) == []
        send(page)
        page.until(f"{card('Wilma')}?.querySelector('img')?.naturalWidth")
    people = {one["name"]: one for one in client.get(path).json()["items"] if one["influencerId"] not in before}
    assert people["Wanda"]["brandVoice"] == people["Wilma"]["brandVoice"] == "Warm, and never in a hurry."
    assert [people[name]["status"] for name in ("Wanda", "Wilma")] == ["ready", "ready"]
    assert (people["Wilma"]["gender"], people["Wilma"]["ageRange"]) == ("female", "senior")
    act(page, "Wanda", "Delete")
    page.until("document.querySelector('dialog button.danger')")
    assert find_barriers(page) == []
    send(page)
    page.until(f"!{card('Wanda')} && {card('Wilma')}")
    assert client.get(f"/influencers/{people['Wanda']['influencerId']}").status_code == 404


def card(name: str) -> str:
    return f"document.querySelector('main article[aria-label={name}]')"


def act(page: BrowserTab, name: str, verb: str) -> None:
    """Click a button on an influencer's card."""
    click(page, verb, within=f"main article[aria-label={name}]")


def test_generation_shows_its_stage_and_is_stopped(
    studio: Living, page: BrowserTab, client: httpx.Client, project: str
) -> None:
    """The test acts as the worker, so that generation lasts as long as the walk."""
    body = client.post(f"/projects/{project}/content", json={"format": "image"}).json()
    address = f"projects/{project}/content/{body['contentId']}"
    go(studio, page, address, f"{PROGRESS} === 'Queued'")
    claim = asyncio.run(drawing(studio.api.database_url))
    page.until(f"{PROGRESS} === 'Drawing' && document.querySelector('main progress').value === 0.4")
    click(page, "Stop…")
    page.until("document.querySelector('dialog .danger')")
    assert find_barriers(page) == []
    click(page, "Stop generating", within="dialog")
    page.until("document.querySelector('main .card button')?.innerText === 'Stopping'")
    assert client.get(f"/jobs/{body['jobId']}").json()["cancelRequested"]
    asyncio.run(stopped(studio.api.database_url, claim))
    page.until("document.querySelector('main .badge.canceled')")
    assert client.get(f"/content/{body['contentId']}").json()["status"] == "canceled"


#: Keeps the test's worker alive, so that the dispatcher takes no job from it, however long the walk takes.
ALIVE = "update worker set lease_expires_at = now() + interval '1 day' where host = 'test'"


async def drawing(url: str) -> JobClaim:
    """Claim the job and report progress, like a busy worker."""
    async with open_postgres_pool(url, name="test") as pool, pool.acquire() as conn:
        [claim] = await seeds.claims(conn, CONTENT_GENERATE_KIND)
        await conn.execute(ALIVE)
        await ledger.store_job_progress(conn, claim, progress=0.4, stage="generating_visuals")
    return claim


async def stopped(url: str, claim: JobClaim) -> None:
    async with open_postgres_pool(url, name="test") as pool:
        await jobs.settle_jobs_and_subjects(pool, [AttemptSettlement(claim, Canceled())])
