"""Snippets of the install spec in Chromium: from a page to the API and the event store, each event once."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from db.pool import open_postgres_connection
from schemas import ids
from tests.peers.chromium import BrowserTab
from tests.peers.own_api import OwnApi, own_api
from tests.peers.site import site
from tests.waiting import until

pytestmark = pytest.mark.peers

#: Loses the first response on its way to the page, and stops its timers: it sends only on request.
LOSING = """
window.setTimeout = () => 0;
const real = window.fetch;
let lost = 0;
window.fetch = async (...asked) => {
  const answer = await real(...asked);
  if (lost++) return answer;
  throw new TypeError('lost');
};
"""


class SnippetApp(NamedTuple):
    """An API with an app for pages on localhost."""

    api: OwnApi
    app: dict[str, Any]

    def install(self, platform: str) -> dict[str, Any]:
        """Return the install spec with the local API's address."""
        at = f"/projects/{self.app['projectId']}/sdk-apps/{self.app['appId']}/install-spec"
        with self.api.client() as client:
            answer = client.get(at, params={"platforms": platform})
        text = answer.text.replace("http://127.0.0.1:8000", self.api.url)
        spec: dict[str, Any] = json.loads(text)["platforms"][0]
        return spec

    def stored(self) -> list[tuple[str, str]]:
        """Return name and path of each event of the app's project."""
        return asyncio.run(self._stored())

    async def _stored(self) -> list[tuple[str, str]]:
        conn = await open_postgres_connection(self.api.database_url, name="test")
        project_id = ids.parse_prefixed_id(ids.PROJECT_ID_PREFIX, self.app["projectId"])
        rows = await conn.fetch(
            "select name, properties from event where project_id = $1 order by event_key", project_id
        )
        await conn.close()
        return [(row["name"], json.loads(row["properties"]).get("path", "")) for row in rows]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnApi]:
    with own_api(tmp_path_factory.mktemp("shop")) as made:
        yield made


@pytest.fixture
def shop(api: OwnApi) -> SnippetApp:
    """Create an app in a project of its own."""
    with api.client() as client:
        app = {"name": "Shop", "platform": "web", "webDomain": "localhost"}
        return SnippetApp(api, client.post(f"/projects/{api.project(client)}/sdk-apps", json=app).json())


def test_page_view_and_event_are_stored_once_despite_lost_responses(shop: SnippetApp, browser: BrowserTab) -> None:
    snippet = shop.install("web")["initSnippet"].replace("%TENANTRY_KEY%", shop.app["apiKey"])
    with site({"/": f"<title>Shop</title><script>{LOSING}</script>{snippet}"}) as address:
        browser.open(f"{address}/prices", "globalThis.tenantry?.init")
        browser.run("tenantry.track('sign_up'), tenantry.flush()")
        assert browser.run("lost") == 1
        browser.run("dispatchEvent(new Event('online')), tenantry.flush()")
        assert browser.run("lost") == 2
        browser.run("tenantry.track('purchase_success', {value: 9.5, currency: 'EUR'})")
        browser.open("about:blank", "location.href === 'about:blank'")
        until(lambda: len(shop.stored()) == 3)
    assert shop.stored() == [("$page", "/prices"), ("sign_up", ""), ("purchase_success", "")]


def test_vite_app_records_a_page_view_for_each_route(shop: SnippetApp, browser: BrowserTab) -> None:
    [file] = shop.install("vite")["files"]
    built = file["content"].replace("import.meta.env.VITE_TENANTRY_KEY", json.dumps(shop.app["apiKey"]))
    page = '<title>Shop</title><script type="module" src="/src/tenantry.js"></script>'
    with site({"/": page, "/src/tenantry.js": built}) as address:
        # A tab's 51st history entry evicts the oldest one that a script left without a click: `/start`.
        browser.send("Page.resetNavigationHistory")
        browser.open(f"{address}/start", "globalThis.tenantry?.init")
        browser.run("history.pushState({}, '', '/prices'), history.pushState({}, '', '/prices?sort=up')")
        for _ in ("from /prices?sort=up", "from /prices"):
            browser.run("history.back(), new Promise((done) => addEventListener('popstate', done))")
        browser.run("import('/src/tenantry.js').then((one) => one.track('sign_up'))")
        browser.run("tenantry.flush()")
        until(lambda: len(shop.stored()) == 4)
    assert shop.stored() == [("$page", "/start"), ("$page", "/prices"), ("$page", "/start"), ("sign_up", "")]
