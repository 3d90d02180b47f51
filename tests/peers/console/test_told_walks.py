"""Walks to SDK apps, webhook endpoints, and the figures of a project."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from db.pool import use_unpooled_pg_connection
from domain.collection import snapshots
from domain.collection.snapshots import MetricSubject, ReportedMetricsOfSubject
from schemas import ids
from tests import seeds
from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import click, press, send, write
from tests.peers.console.checks import find_barriers
from tests.peers.console.living import Living, living
from tests.workers.webhooks.receiver import says

pytestmark = [pytest.mark.peers, pytest.mark.timeout(480)]

SECRET = "document.querySelector('dialog .secret code')"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with living(tmp_path_factory.mktemp("living"), pools=("deliver",)) as made:
        yield made


@pytest.fixture
def client(shop: Living) -> Iterator[httpx.Client]:
    with shop.api.client() as made:
        yield made


@pytest.fixture
def project(shop: Living, client: httpx.Client) -> str:
    return shop.api.project(client)


def test_app_is_created_verified_rotated_and_deleted(
    shop: Living, page: BrowserTab, client: httpx.Client, project: str
) -> None:
    shop.open(page, f"projects/{project}/apps", "document.querySelector('main .nothing')")
    click(page, "New app")
    page.until("document.activeElement.name === 'name'")
    press(page, *"Walker")
    write(page, "webDomain", "app.example.com")
    assert find_barriers(page) == []
    press(page, "Enter")
    first = secret(page, "lpa_")
    page.until("document.querySelector('dialog .snippet pre')")
    assert find_barriers(page) == []
    [app] = client.get(f"/projects/{project}/sdk-apps").json()["items"]
    steps = page.run("document.querySelector('dialog[open]').innerText")
    assert app["ingestEndpoint"].removesuffix("/events") in steps or app["appId"] in steps
    click(page, "Close", within="dialog")
    assert send_event(client, app["appId"], first, "from_the_first_key") == 202
    page.until("document.querySelector('main tbody')?.innerText.includes('from_the_first_key')")
    [event] = client.get(f"/projects/{project}/events").json()["items"]
    assert (event["name"], event["appId"]) == ("from_the_first_key", app["appId"])
    click(page, "Rotate key…")
    write(page, "overlapHours", "0")
    assert find_barriers(page) == []
    send(page)
    second = secret(page, "lpa_")
    assert [send_event(client, app["appId"], key, "later") for key in (first, second)] == [401, 202]
    click(page, "Delete app")
    page.until("document.querySelector('dialog button.danger')")
    assert find_barriers(page) == []
    send(page)
    page.until("document.querySelector('main .nothing')")
    assert client.get(f"/projects/{project}/sdk-apps/{app['appId']}").status_code == 404
    assert send_event(client, app["appId"], second, "late") == 401


def secret(page: BrowserTab, prefix: str) -> str:
    """Return the secret that the dialog shows once, and confirm that it is stored."""
    page.until(f"{SECRET}?.innerText.startsWith('{prefix}')")
    assert find_barriers(page) == []
    shown: str = page.run(f"{SECRET}.innerText")
    click(page, "I have stored it", within="dialog")
    page.until(f"!{SECRET}")
    return shown


def send_event(client: httpx.Client, app: str, key: str, name: str) -> int:
    """Send an app's event and return the status."""
    event = {"name": name, "eventId": name, "occurredAt": seeds.in_utc(datetime.now(UTC))}
    body = {"events": [event], "sentAt": event["occurredAt"]}
    headers = {"Authorization": f"Bearer {key}"}
    return client.post(f"/apps/{app}/events", json=body, headers=headers).status_code


@pytest.fixture
def endpoint(shop: Living, page: BrowserTab, client: httpx.Client) -> Iterator[dict[str, Any]]:
    """Create the organization's only endpoint, for the duration of a walk."""
    body = {"url": shop.receiver.url, "events": ["job.canceled"]}
    made = client.post("/webhook-endpoints", json=body).json()
    shop.receiver.asked.clear()
    yield made
    # Its screen would otherwise request the deleted endpoint.
    page.open("about:blank", "location.href === 'about:blank'")
    assert client.delete(f"/webhook-endpoints/{made['id']}").is_success


def emit_event(client: httpx.Client, project: str) -> None:
    """Cancel a job before it starts, which emits an event."""
    begun = client.post(f"/projects/{project}/ingest/website", json={"url": "https://shop.example"})
    assert client.post(f"/jobs/{begun.json()['jobId']}/cancel").is_success


def deliveries(client: httpx.Client, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the deliveries, newest first."""
    path = f"/webhook-endpoints/{endpoint['id']}/deliveries"
    items: list[dict[str, Any]] = client.get(path).json()["items"]
    return items


def test_rotated_secret_signs_with_the_old_one(
    shop: Living, page: BrowserTab, client: httpx.Client, endpoint: dict[str, Any]
) -> None:
    shop.open(page, f"webhooks/{endpoint['id']}", "document.querySelector('main .facts')")
    click(page, "Rotate secret…")
    page.until("document.querySelector('dialog form')")
    send(page)
    new = secret(page, "whsec_")
    page.until("document.querySelector('main .facts').innerText.includes('Two secrets until')")
    shown = client.get(f"/webhook-endpoints/{endpoint['id']}").json()["secretOverlapUntil"]
    assert datetime.now(UTC) + 23 * HOUR < datetime.fromisoformat(shown) < datetime.now(UTC) + 25 * HOUR
    click(page, "Send test event")
    page.until("document.querySelector('main .badge.delivered')")
    [asked] = shop.receiver.asked
    assert new != endpoint["signingSecret"]
    for one in (endpoint["signingSecret"], new):
        Webhook(one).verify(asked.body, asked.headers)


def test_endpoint_is_paused_and_resumed(
    shop: Living, page: BrowserTab, client: httpx.Client, project: str, endpoint: dict[str, Any]
) -> None:
    shop.open(page, f"webhooks/{endpoint['id']}", "document.querySelector('main .facts')")
    click(page, "Pause")
    page.until("document.querySelector('main h1 .badge')?.innerText === 'paused'")
    emit_event(client, project)
    page.until("document.querySelector('main tbody .badge')?.innerText === 'pending'")
    assert [one["status"] for one in deliveries(client, endpoint)] == ["pending"]
    click(page, "Resume")
    page.until("document.querySelector('main tbody .badge')?.innerText === 'delivered'")
    assert client.get(f"/webhook-endpoints/{endpoint['id']}").json()["status"] == "active"


def test_missed_events_are_replayed(
    shop: Living, page: BrowserTab, client: httpx.Client, endpoint: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 410 disabled the endpoint; after the repair it also gets events from before its creation."""
    with monkeypatch.context() as gone:
        gone.setattr(shop.receiver, "behave", says(410))
        emit_event(client, shop.api.project(client))
        banner = "document.querySelector('main .banner.bad')?.innerText"
        shop.open(page, f"webhooks/{endpoint['id']}", f"{banner}.includes('410')")
    [missed] = deliveries(client, endpoint)
    assert missed["status"] in {"failed", "abandoned"}
    click(page, "Resume")
    page.until("document.querySelector('main h1 .badge')?.innerText === 'active'")
    click(page, "Send again since…")
    write(page, "since", page.run(LOCALLY))
    send(page)
    page.until(f"{SENT} > 0 && {SENT} === document.querySelectorAll('main tbody tr').length - 1")
    [again] = [one for one in deliveries(client, endpoint) if one["replayOf"] == missed["id"]]
    assert (again["eventId"], again["status"]) == (missed["eventId"], "delivered")
    assert shop.receiver.times[missed["eventId"]] == 2


SENT = "document.querySelectorAll('main tbody .badge.delivered').length"

#: An hour ago, as a datetime-local value.
LOCALLY = """(() => {
  const now = new Date();
  return new Date(now - 3600000 - now.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
})()"""


def test_figures_of_each_range_match_the_api(
    shop: Living, page: BrowserTab, client: httpx.Client, project: str
) -> None:
    """Compares with the API for the same window, since a day may begin meanwhile."""
    post = asyncio.run(create_measured_post(shop.api.database_url, project))
    shop.open(page, f"projects/{project}/metrics", "document.querySelector('main .chart')")
    assert_figures(page, client, project, f"{VIEWS}?.length === 30", total=370)
    choose(page, "Time", "7")
    assert_figures(page, client, project, f"{VIEWS}?.length === 7", total=120)
    choose(page, "Time", "90")
    assert_figures(page, client, project, WEEKLY, total=370)
    assert find_barriers(page) == []
    page.until(f"document.querySelector('main tbody a[href$=\"{post[-8:]}\"]')")


def assert_figures(page: BrowserTab, client: httpx.Client, project: str, drawn: str, *, total: int) -> None:
    """Assert, once drawn, that the table and the tile match the API's response to the screen's request."""
    page.until(drawn)
    asked = [url for url in page.requests if f"/{project}/metrics?" in url][-1]
    figures = client.get(asked).json()
    assert figures["totals"]["views"] == total
    values = [bucket["values"]["views"] for bucket in figures["series"]]
    expected = json.dumps(["–" if one is None else str(one) for one in values], ensure_ascii=False)
    page.until(f"JSON.stringify({VIEWS}) === JSON.stringify({expected})")
    assert page.run(f"{TILE} === '{total}'")


#: Values of the chart of views, from its table, bucket by bucket.
VIEWS = """(() => {
  const chart = [...document.querySelectorAll('main .chart')]
    .find((one) => one.querySelector('h2').textContent === 'Views and reach');
  return chart && [...chart.querySelectorAll('tbody td:nth-child(2)')].map((one) => one.textContent);
})()"""
WEEKLY = "document.querySelector('main .tab .hint')?.innerText.startsWith('By week in UTC')"
TILE = """[...document.querySelectorAll('main .tile')]
  .find((one) => one.querySelector('dt').textContent === 'Views').querySelector('dd').textContent"""


def choose(page: BrowserTab, label: str, value: str) -> None:
    """Choose an option of a select."""
    field = f"document.querySelector('main select[aria-label={label}]')"
    page.run(f"(({field}).value = {value!r}, {field}.dispatchEvent(new Event('change', {{bubbles: true}})))")


async def create_measured_post(url: str, project: str) -> str:
    """Create a post with figures of three collection runs."""
    project_id = seeds.parse_id(ids.PROJECT_ID_PREFIX, project)
    async with use_unpooled_pg_connection(url, name="test") as conn:
        org = await conn.fetchval("select organization_id from project where id = $1", project_id)
        account = await seeds.account(conn, org, project_id)
        content = await seeds.content(conn, org, project_id)
        post = await seeds.post(conn, org, content, account)
        began = datetime.now(UTC) - timedelta(days=60)
        for days, views in ((40, 100), (20, 350), (3, 470)):
            at = datetime.now(UTC) - timedelta(days=days)
            figures = [ReportedMetricsOfSubject(MetricSubject(post, began), {"views": views, "likes": views // 10})]
            await snapshots.store_metric_snapshots(conn, organization_id=org, account_id=account, told=figures, at=at)
    return ids.format_prefixed_id(ids.POST_ID_PREFIX, post)
