"""A full system for walks: an API, workers, and fakes of all external servers."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec
from anyio.from_thread import BlockingPortal, start_blocking_portal

from cli.local.demo import DEMO_SITE_FOLDER
from db.migrate import migrate_databases
from db.pool import open_postgres_pool, use_unpooled_pg_connection
from db.server import find_free_port
from domain.tenancy import api_keys, organizations
from schemas import ids
from schemas.settings import Settings
from tests import seeds
from tests import servers as made
from tests.api.conftest import new_key
from tests.peers.chromium import BrowserTab
from tests.peers.own_api import OwnApi
from tests.peers.processes import dispatching, serving, working
from tests.peers.simulators import instagram_user
from tests.peers.simulators.instagram import Instagram
from tests.peers.simulators.serving import served
from tests.waiting import PATIENCE_S
from tests.workers.ingest.github.github_server import Repo, serve_github
from tests.workers.web.web import Answers, Site, raw_response, serve, write_response
from tests.workers.webhooks.receiver import WebhookReceiver, receiving, says

#: The product's default: no process dies here, and a shorter lease could repeat work after a stall.
LEASE_S = 15.0
POOLS = ("ingest", "publish", "metrics", "deliver", "default")
CALLBACK = "/v1/social/callback/instagram"
PERSON = "ada"

#: Each source has different texts.
AUDIENCE = "<p>Built for day sailors and harbour masters.</p>"
PAGE = (DEMO_SITE_FOLDER / "index.html").read_text("utf-8").replace("</main>", f"{AUDIENCE}</main>")
REPO = Repo(
    "driftwood/roaster",
    files={
        "README.md": b"# Roaster\n\nRoaster tells when your beans are done, by their sound alone, at home.\n",
        "package.json": b'{"name": "roaster", "description": "Hear when your beans are done"}',
    },
)
APP = {
    "kind": "software", "wrapperType": "software", "trackId": 4242, "bundleId": "com.example.drift",
    "trackName": "Drift Timer", "artistName": "Driftwood", "genres": ["Food & Drink"],
    "description": "Drift Timer counts the seconds of each pour, and says when to stop.",
    "trackViewUrl": "https://apps.example/us/app/id4242",
}  # fmt: skip
LOOKUP = "/lookup?bundleId=com.example.drift&country=us"


class Keys(NamedTuple):
    """Keys of a partner, its sandbox and an operator, and an account that the operator may lease."""

    partner: str
    sandbox: str
    operator: str
    lent: str


class Living(NamedTuple):
    """`api` has the partner's key; `site` responds to `/` while `let` is set, and to nothing else."""

    api: OwnApi
    keys: Keys
    site: Site
    let: asyncio.Event
    portal: BlockingPortal
    receiver: WebhookReceiver
    settings: Settings

    def open(self, page: BrowserTab, address: str, ready: str, *, key: str | None = None) -> None:
        """Open a screen in a tab that has the key."""
        self.api.open(page, address, ready, key=key)

    def hold(self) -> None:
        """Make the site hold its responses until `release`."""
        self.portal.call(self.let.clear)

    def needs_reauth(self, account: str) -> None:
        """Mark an account as a worker does for an unusable token."""
        account_id = ids.parse_prefixed_id(ids.ACCOUNT_ID_PREFIX, account)
        asyncio.run(_told(self.api.database_url, account_id))

    def release(self) -> None:
        self.portal.call(self.let.set)


async def _told(url: str, account_id: UUID | None) -> None:
    async with use_unpooled_pg_connection(url, name="test") as conn:
        await conn.execute("update social_account set status = 'reauth_required' where id = $1", account_id)


@contextmanager
def living(folder: Path, *, pools: Sequence[str] = POOLS) -> Iterator[Living]:
    """Run the system with a worker of each of these pools."""
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        let = portal.call(asyncio.Event)
        beside = portal.wrap_async_context_manager
        site = stack.enter_context(beside(held_site(let)))
        repos = stack.enter_context(beside(serve_github(REPO)))
        store = stack.enter_context(beside(stores()))
        receiver = stack.enter_context(beside(receiving(says(200))))
        port = find_free_port()
        simulator = Instagram(rate=0, redirect_uris=[f"http://127.0.0.1:{port}{CALLBACK}"])
        instagram = stack.enter_context(served(simulator))
        people(instagram)
        servers = stack.enter_context(made.embedded(folder))
        settings = made.settings_for(
            servers.postgres.url,
            servers.valkey.url,
            public_url=f"http://127.0.0.1:{port}",
            assets_url=f"file://{folder}/media",
            fetch_allow=",".join([site.host, receiver.host, instagram.removeprefix("http://")]),
            github_api_url=repos.base,
            **dict.fromkeys(("itunes_api_url", "app_store_url", "play_url"), store.url("")),
            **instagram_user.settings(instagram),
            lease_s=LEASE_S,
        )
        made_keys = asyncio.run(keys(servers.postgres.url))
        at_work(stack, settings, pools)
        url = stack.enter_context(serving(settings, folder / "api.log", port=port))
        own = OwnApi(url, made_keys.partner, servers.postgres.url)
        yield Living(own, made_keys, site, let, portal, receiver, settings)


async def keys(url: str) -> Keys:
    """Create the keys in a new database."""
    await migrate_databases(url)
    async with open_postgres_pool(url, name="test") as pool:
        async with pool.acquire() as conn:
            shop = await organizations.insert_organization_pair(conn, name="Shop", tier="partner")
            lender = (await organizations.insert_organization_pair(conn, name="Lender", tier="partner")).live
            lent = await seeds.account(conn, lender, await seeds.project(conn, lender), handle="baker")
        return Keys(
            await new_key(pool, shop.live),
            await new_key(pool, shop.sandbox, env="test"),
            await new_key(pool, lender, scopes=tuple(sorted(api_keys.ALL_API_KEY_SCOPES))),
            ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, lent),
        )


def at_work(stack: ExitStack, settings: Settings, pools: Sequence[str]) -> None:
    stack.enter_context(dispatching(settings))
    for pool in pools:
        stack.enter_context(working(msgspec.structs.replace(settings, slots=4), pool))


def people(instagram: str) -> None:
    """Create a person on the platform who accepts the consent page immediately."""
    with httpx.Client(base_url=f"{instagram}/_sim", trust_env=False, timeout=PATIENCE_S) as control:
        for path, body in (("/accounts", {"username": PERSON}), ("/consent", {"username": PERSON, "allow": True})):
            answer = control.post(path, json=body)
            assert answer.is_success, answer.text


@asynccontextmanager
async def held_site(let: asyncio.Event) -> AsyncIterator[Site]:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await let.wait()
        await write_response(writer, raw_response(200, PAGE))

    let.set()
    async with serve({"/": answer}) as site:
        yield site


def wait_for_job(client: httpx.Client, job: str) -> dict[str, Any]:
    """Return the job, once it has ended: workers may take long to start."""
    found: dict[str, Any] = {"finishedAt": None}
    while not found["finishedAt"]:
        found = client.get(f"/jobs/{job}", params={"wait": 30}).json()
    return found


@asynccontextmanager
async def stores() -> AsyncIterator[Site]:
    answer = raw_response(200, json.dumps({"results": [APP]}), content_type="text/javascript; charset=utf-8")
    answers: Answers = {LOOKUP: answer}
    async with serve(answers) as site:
        yield site
