"""Walks of a partner through a full system, with real workers and platforms."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.media import picture
from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import click, record_notices, send, wait_for_notice, write
from tests.peers.console.checks import find_barriers
from tests.peers.console.living import PERSON, Living, living, wait_for_job

pytestmark = [pytest.mark.peers, pytest.mark.timeout(480)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living(tmp_path_factory.mktemp("living")) as made:
        yield made


@pytest.fixture
def project(shop: Living) -> str:
    with shop.api.client() as client:
        return shop.api.project(client)


def test_account_is_connected_and_reconnected(shop: Living, page: BrowserTab, project: str) -> None:
    """The owner opens the console's link, and returns to a tab without a key."""
    shop.open(page, f"projects/{project}/accounts", "document.querySelector('main .nothing')")
    click(page, "Connect an account")
    write(page, "platform", "instagram")
    send(page)
    grant_access(shop, page)
    page.until(f"document.querySelector('main tbody')?.innerText.includes('{PERSON}')")
    with shop.api.client() as client:
        [account] = client.get(f"/projects/{project}/social-accounts").json()["items"]
        assert account["status"] == "connected"
        shop.needs_reauth(account["socialAccountId"])
        click(page, "Reconnect")
        grant_access(shop, page)
        page.until("document.querySelector('main .badge.connected')")
        [again] = client.get(f"/projects/{project}/social-accounts").json()["items"]
    assert (again["socialAccountId"], again["status"]) == (account["socialAccountId"], "connected")


def grant_access(shop: Living, page: BrowserTab) -> None:
    """Follow the link in a separate tab; the dialog closes by itself."""
    page.until("document.querySelector('dialog a.primary')")
    assert find_barriers(page) == []
    link = page.run("document.querySelector('dialog a.primary').href")
    record_notices(page)
    other = page.open_sibling()
    other.open(link, "document.querySelector('main .nothing')")
    said = other.run("document.querySelector('main .nothing').innerText")
    assert said.startswith("The account is connected")
    assert other.troubles == []
    other.close()
    page.until("!document.querySelector('dialog')")
    wait_for_notice(page, "The account is connected")


def test_ingest_of_three_sources_highlights_evidence(shop: Living, page: BrowserTab, project: str) -> None:
    shop.hold()
    shop.open(page, f"projects/{project}", "document.querySelectorAll('main .source').length === 3")
    read(page, "Website")
    write(page, "url", shop.site.url())
    send(page)
    page.until("document.querySelector('.stages .now')?.innerText === 'Fetching'")
    shop.release()
    read(page, "GitHub")
    write(page, "repoFullName", "driftwood/roaster")
    send(page)
    page.until("!document.querySelector('dialog')")
    read(page, "App store")
    write(page, "iosBundleId", "com.example.drift")
    send(page)
    page.until("document.querySelectorAll('main .source .badge.completed').length === 3")
    page.until("document.querySelector('[data-field=audience] blockquote mark')")
    with shop.api.client() as client:
        state = client.get(f"/projects/{project}").json()["ingestState"]
    assert {name: one["status"] for name, one in state.items()} == dict.fromkeys(
        ("website", "github", "appstore"), "completed"
    )


def read(page: BrowserTab, source: str) -> None:
    found = f"document.querySelector('main button[aria-label=\"Read: {source}\"]')"
    page.until(found)
    page.run(f"{found}.click()")


def test_failed_ingest_names_the_next_step(shop: Living, page: BrowserTab, project: str) -> None:
    shop.open(page, f"projects/{project}", "document.querySelectorAll('main .source').length === 3")
    read(page, "Website")
    write(page, "url", shop.site.url("/missing"))
    send(page)
    page.until("document.querySelector('main .source .failures')")
    said = page.run("document.querySelector('main .source .failures').innerText")
    assert "SOURCE_NOT_FOUND" in said
    assert "The page does not exist" in said


def test_edited_brand_field_overrides_ingests(shop: Living, page: BrowserTab, project: str) -> None:
    shop.open(page, f"projects/{project}", "document.querySelector('[data-field=tagline] button')")
    page.run("document.querySelector('[data-field=tagline] button').click()")
    write(page, "brandContext.tagline", "Slow coffee")
    send(page)
    page.until("document.querySelector('[data-field=tagline] .value')?.innerText === 'Slow coffee'")
    with shop.api.client() as client:
        tagline = client.get(f"/projects/{project}/brand").json()["fields"]["tagline"]
    assert (tagline["value"], tagline["provenance"]["source"]) == ("Slow coffee", "partner")


def test_content_is_uploaded_and_approved(shop: Living, page: BrowserTab, project: str, tmp_path: Path) -> None:
    """The person sets an approval policy first."""
    shop.open(page, f"projects/{project}/settings", "document.querySelectorAll('main section.card').length === 2")
    click(page, "Change policy")
    page.until("document.querySelector('dialog [name=requiresApproval]')")
    page.run("document.querySelector('dialog [name=requiresApproval]').click()")
    send(page)
    page.until("document.querySelector('.notice.good')")
    shop.open(page, f"projects/{project}/content", "document.querySelector('main .nothing')")
    (tmp_path / "beans.jpg").write_bytes(picture("JPEG", (400, 500)))
    click(page, "Upload content")
    write(page, "caption", "Beans of this week")
    page.choose("dialog [name=file]", tmp_path / "beans.jpg")
    send(page)
    page.until("document.querySelector('main .gallery img')?.complete")
    assert page.run("document.querySelector('main .gallery img').naturalWidth") == 400
    click(page, "Approve")
    page.until("document.querySelector('main .badge.approved')")
    with shop.api.client() as client:
        [item] = client.get(f"/projects/{project}/content").json()["items"]
    assert (item["caption"], item["approvalStatus"]) == ("Beans of this week", "approved")


def test_key_is_created_and_killed(shop: Living, page: BrowserTab) -> None:
    shop.open(page, "keys", "document.querySelector('main tbody tr')")
    click(page, "New key")
    write(page, "name", "reader of the walk")
    page.run("document.querySelector('dialog [value=\"projects:read\"]').click()")
    send(page)
    page.until("document.querySelector('.secret code')")
    key = page.run("document.querySelector('.secret code').innerText")
    assert status(shop, key) == 200
    click(page, "I have stored it", within="dialog")
    kill = "document.querySelector('button[aria-label=\"Kill reader of the walk\"]')"
    page.until(kill)
    page.run(f"{kill}.click()")
    page.until("document.querySelector('dialog button.danger')")
    page.run("document.querySelector('dialog button.danger').click()")
    page.until(f"!{kill}")
    assert status(shop, key) == 503


def status(shop: Living, key: str) -> int:
    with shop.api._replace(key=key).client() as client:
        return client.get("/projects").status_code


def test_endpoint_is_created_tested_and_replayed(shop: Living, page: BrowserTab) -> None:
    shop.open(page, "webhooks", "document.querySelector('main .nothing, main tbody tr')")
    click(page, "New endpoint")
    write(page, "url", shop.receiver.url)
    send(page)
    page.until("document.querySelector('.secret code')?.innerText.startsWith('whsec_')")
    click(page, "I have stored it", within="dialog")
    page.until("document.querySelector('main td a')")
    click(page, shop.receiver.url)
    click(page, "Send test event")
    # Jobs of other walks also send events to this endpoint.
    page.until(f"{PINGS} === 1")
    page.run("document.querySelector('main button[aria-label=\"Send again: test.ping\"]').click()")
    page.until(f"{PINGS} === 2")
    asked = [one for one in shop.receiver.asked if one.json["type"] == "test.ping"]
    sent = [one.headers["webhook-id"] for one in asked]
    assert len(sent) == 2
    assert len(set(sent)) == 1
    page.run("document.querySelector('main button[aria-label=\"Show event: test.ping\"]').click()")
    page.until("document.querySelector('dialog pre')?.innerText.includes('\"type\": \"test.ping\"')")
    assert find_barriers(page) == []
    click(page, "Close", within="dialog")


#: Number of delivered test events of an endpoint.
PINGS = """[...document.querySelectorAll('main tbody tr')]
  .filter((one) => one.innerText.includes('test.ping') && one.querySelector('.badge.delivered')).length"""


def test_accounts_are_requested_leased_and_shown(shop: Living, page: BrowserTab, project: str) -> None:
    """A partner and an operator act, each with their own key."""
    accounts = f"projects/{project}/accounts"
    shop.open(page, accounts, "document.querySelector('main .nothing')")
    click(page, "Request accounts")
    write(page, "niche", "home baking")
    send(page)
    page.until("document.querySelector('main .badge.requested')")
    operator = shop.keys.operator
    shop.open(page, "leases?part=offers", "document.querySelector('main .head button')", key=operator)
    click(page, "Offer an account")
    write(page, "socialAccountId", shop.keys.lent)
    write(page, "niche", "home baking")
    send(page)
    page.until("document.querySelector('main tbody')?.innerText.includes('baker')")
    shop.open(page, "leases", "document.querySelector('main tbody tr')", key=operator)
    click(page, "Assign")
    page.until("document.querySelector('dialog [name=socialAccountIds]')")
    page.run("document.querySelector('dialog [name=socialAccountIds]').click()")
    send(page)
    page.until("document.querySelector('main .badge.assigned')")
    shop.open(page, accounts, "document.querySelector('main tbody')?.innerText.includes('on lease')")
    page.until("document.querySelector('main .badge.assigned')")
    shop.open(page, "leases?part=offers", "document.querySelector('main tbody tr')", key=operator)
    click(page, "Recall")
    click(page, "Recall", within="dialog")
    page.until("document.querySelector('main tbody .badge')?.innerText === 'free'")


def test_project_is_archived_and_unarchived(shop: Living, page: BrowserTab, project: str) -> None:
    shop.open(page, f"projects/{project}", "document.querySelector('.head .tools button:last-child')")
    click(page, "Archive…")
    page.until("document.querySelector('dialog')?.innerText.includes('0 posts that wait are canceled')")
    page.run("document.querySelector('dialog button.danger').click()")
    page.until("document.querySelector('.banner')")
    with shop.api.client() as client:
        [job] = client.get("/jobs", params={"kind": "archive_project", "projectId": project}).json()["items"]
        wait_for_job(client, job["jobId"])
        assert client.get(f"/projects/{project}").json()["status"] == "archived"
        click(page, "Un-archive")
        page.until("!document.querySelector('.banner')")
        assert client.get(f"/projects/{project}").json()["status"] == "active"


def test_sandbox_clock_advances_a_week_and_posts_are_published(shop: Living, page: BrowserTab) -> None:
    """The sandbox's clock in the menu also drives the calendar and the job filters."""
    with shop.api._replace(key=shop.keys.sandbox).client() as client:
        post = schedule_post(client, shop.api.project(client), days=5)
        address = f"projects/{post['projectId']}/calendar/{post['id']}"
        shop.open(page, address, "document.querySelector('main .state')", key=shop.keys.sandbox)
        page.run("document.querySelector('#bar .foot button[aria-label*=clock]').click()")
        write(page, "advance", "7d")
        assert find_barriers(page) == []
        record_notices(page)
        send(page)
        wait_for_notice(page, "1 post")
        page.until("document.querySelector('main .state')?.innerText.includes('It is live')")
        now = datetime.fromisoformat(client.get("/sandbox/clock").json()["now"])
    shown = page.run("document.querySelector('#bar .foot button[aria-label*=clock]').innerText")
    assert f"{now.day} {now:%b}" in shown
    click(page, "Calendar")
    page.until(f"document.querySelector('.day.today')?.dataset.day >= '{now.date()}'")
    before = "jobs?kind=connect_account"
    shop.open(page, before, "document.querySelector('main tbody tr')", key=shop.keys.sandbox)
    shop.open(page, f"{before}&within=3600", "document.querySelector('main .nothing')", key=shop.keys.sandbox)


def schedule_post(client: httpx.Client, project: str, *, days: int) -> dict[str, str]:
    """Schedule a post `days` sandbox days from now."""
    body = {"platform": "bluesky", "identifier": "ok", "appPassword": "demo-demo"}
    job = client.post(f"/projects/{project}/social-accounts", json=body).json()["jobId"]
    account = wait_for_job(client, job)["result"]["socialAccountId"]
    files = {"caption": (None, "Next week")}
    content = client.post(f"/projects/{project}/content/upload", files=files).json()["id"]
    now = datetime.fromisoformat(client.get("/sandbox/clock").json()["now"])
    at = f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    targets = [{"socialAccountId": account}]
    created = client.post(f"/content/{content}/schedule", json={"scheduledFor": at, "targets": targets})
    assert created.status_code == 202, created.text
    post: dict[str, str] = created.json()["scheduledPosts"][0]
    return post | {"projectId": project}
