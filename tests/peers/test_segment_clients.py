"""Segment's own clients with our API over a lossy network: every event is stored once."""

import asyncio
import json
import re
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool
from schemas import ids
from schemas.settings import Settings
from tests import seeds
from tests.api.conftest import ApiCaller
from tests.api.participants import new_project
from tests.api_process import serving
from tests.peers import node, pypi
from tests.peers.chromium import BrowserTab, stranger
from tests.peers.proxy import Loss, LossyProxy, Rule, between
from tests.peers.site import site
from tests.waiting import eventually

pytestmark = pytest.mark.peers

Json: TypeAlias = dict[str, Any]

PROGRAMS = Path(__file__).with_name("clients")
MESSAGE_ID = re.compile(rb'"messageId": ?"([^"]+)"')

#: The expected event of each client call: its name and properties.
CALLS: list[tuple[str, Json]] = [
    ("$alias", {"previousId": "guest-1"}),
    ("$group", {"groupId": "g-1", "seats": 4}),
    ("$identify", {"plan": "pro"}),
    ("$page", {"category": "Shop", "name": "Prices", "items": 2}),
    ("$screen", {"category": "Shop", "name": "Cart", "items": 3}),
    *(("sign_up", {"number": number}) for number in range(20)),
]
#: Properties that page calls add themselves.
OF_PAGES = {"path", "referrer", "search", "title", "url"}


class App(NamedTuple):
    """A web app on localhost, the only one of its project."""

    project_id: UUID
    key: str


class Network(NamedTuple):
    """The API from a client's view."""

    proxy: LossyProxy
    loss: Loss

    @property
    def address(self) -> str:
        return self.proxy.base

    def answered_posts(self) -> int:
        return sum(line.startswith("POST") for line, _ in self.proxy.answers)

    async def has_answered(self, messages: int, *, before: int) -> None:
        """Wait until each of `messages`, one a request, was sent again and answered after `before` posts."""
        posts = before + messages * (2 if self.loss is Loss.ANSWER else 1)

        async def all_are() -> bool:
            return self.answered_posts() >= posts

        await eventually(all_are)


def first_of_each_message(loss: Loss) -> Rule:
    """Lose the first request with a message; later requests with lost messages pass."""
    lost = set[bytes]()

    def rule(_: str, body: bytes) -> Loss:
        messages = {*MESSAGE_ID.findall(body)}
        if messages <= lost:
            return Loss.NOTHING
        lost.update(messages)
        return loss

    return rule


async def new_app(acme: ApiCaller) -> App:
    project = await new_project(acme)
    body = {"name": "Shop", "platform": "web", "webDomain": "localhost"}
    created = await acme.http.post(f"/v1/projects/{project}/sdk-apps", json=body)
    return App(seeds.parse_id(ids.PROJECT_ID_PREFIX, project), created.json()["apiKey"])


@pytest_asyncio.fixture(params=[Loss.ANSWER, Loss.REQUEST], ids=lambda loss: loss.name)
async def network(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> AsyncIterator[Network]:
    async with between(0, first_of_each_message(request.param)) as proxy:
        proxied = msgspec.structs.replace(settings, public_url=proxy.base)
        with serving(proxied, tmp_path / "api.log") as served:
            proxy.port = urlsplit(served.url).port or 0
            yield Network(proxy, request.param)


async def stored(pool: Pool, app: App) -> list[tuple[str, Json]]:
    """Return the app's stored events, all of one person."""
    rows = await pool.fetch("select name, user_id, properties from event where project_id = $1", app.project_id)
    assert {row["user_id"] for row in rows} == {"u-1"}
    found = [(row["name"], json.loads(row["properties"])) for row in rows]
    said = [(name, {key: one[key] for key in one.keys() - OF_PAGES}) for name, one in found]
    return sorted(said, key=lambda call: (call[0], call[1].get("number", 0)))


async def test_each_event_of_each_client_is_stored_once(
    network: Network, acme: ApiCaller, pool: Pool, browser: BrowserTab
) -> None:
    """Covers segment-analytics-python, @segment/analytics-node and @segment/analytics-next."""
    await check_server(network, await new_app(acme), pool, python)
    await check_server(network, await new_app(acme), pool, javascript)
    await check_page(network, await new_app(acme), pool, browser)


# Servers

Words: TypeAlias = Callable[[Network, App], list[str | Path]]


def python(network: Network, app: App) -> list[str | Path]:
    return [pypi.install("segment"), PROGRAMS / "segment_client.py", network.address, app.key]


def javascript(network: Network, app: App) -> list[str | Path]:
    return [*in_node("segment_server.mjs"), network.address, app.key]


def in_node(program: str) -> list[str | Path]:
    """Return the command of a program that may connect to this machine only."""
    guard = (PROGRAMS / "only_here.mjs").as_uri()
    return [node.command(), "--import", guard, PROGRAMS / program, node.install()]


async def check_server(network: Network, app: App, pool: Pool, words: Words) -> None:
    lost = network.proxy.lost
    client = await asyncio.create_subprocess_exec(*words(network, app), stderr=PIPE)
    _, said = await client.communicate()
    assert client.returncode == 0, said.decode()
    assert network.proxy.lost > lost
    assert await stored(pool, app) == CALLS


# Pages


@asynccontextmanager
async def in_chromium(browser: BrowserTab, address: str) -> AsyncIterator[None]:
    """Open a page in Chromium, driven from a thread, since the proxy runs in this event loop."""
    with stranger(browser.browser) as page:
        await asyncio.to_thread(page.open, address, "globalThis.AnalyticsNext")
        yield
        await asyncio.to_thread(page.run, "0")
        assert {urlsplit(url).hostname for url in page.requests} == {"localhost", "127.0.0.1"}


async def check_page(network: Network, app: App, pool: Pool, browser: BrowserTab) -> None:
    """Load the client's settings from our API; they contain the event endpoint. No third party is asked."""
    lost, before = network.proxy.lost, network.answered_posts()
    bundle = node.install() / "@segment" / "analytics-next" / "dist" / "umd" / "index.js"
    page = (PROGRAMS / "segment_page.html").read_text()
    page = page.replace("%KEY%", app.key).replace("%ADDRESS%", network.address)
    with site({"/": page, "/segment.js": bundle.read_text()}) as address:
        async with in_chromium(browser, address):
            await network.has_answered(len(CALLS), before=before)
    assert network.proxy.lost == lost + len(CALLS)
    assert await stored(pool, app) == CALLS
