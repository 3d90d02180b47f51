"""An API process with its own servers and a key, for browser tests."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from db.migrate import migrate_databases
from db.pool import open_postgres_pool
from domain.tenancy import organizations
from tests import servers as made
from tests.api.conftest import new_key
from tests.peers.chromium import BrowserTab
from tests.peers.processes import serving
from tests.waiting import PATIENCE_S


class OwnApi(NamedTuple):
    """Its address, a key, and its database."""

    url: str
    key: str
    database_url: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def client(self) -> httpx.Client:
        """Return a client with the key."""
        return httpx.Client(base_url=f"{self.url}/v1", headers=self.headers, timeout=PATIENCE_S)

    def project(self, client: httpx.Client) -> str:
        """Create a project and return its id."""
        made_project = client.post("/projects", json={"name": "Shop", "timezone": "UTC"})
        return str(made_project.json()["id"])

    def open(self, page: BrowserTab, address: str, ready: str, *, key: str | None = None) -> None:
        """Open a screen of the console in a tab that has the key."""
        console = f"{self.url}/console"
        page.open(console, "document.querySelector('[name=key], nav')")
        page.run(f"sessionStorage.setItem('tenantry.key', '{key or self.key}')")
        page.open("about:blank", "true")
        page.open(f"{console}#/{address}", ready)


@contextmanager
def own_api(folder: Path, *, sandbox: bool = False) -> Iterator[OwnApi]:
    """Run the API; the key is a partner's, or its sandbox's."""
    with made.embedded(folder) as servers:
        postgres, valkey = servers.postgres.url, servers.valkey.url
        settings = made.settings_for(postgres, valkey, assets_url=f"file://{folder}/media")
        key = asyncio.run(_prepared(postgres, sandbox=sandbox))
        with serving(settings, folder / "api.log") as url:
            yield OwnApi(url, key, postgres)


async def _prepared(url: str, *, sandbox: bool) -> str:
    """Create a key in a new database."""
    await migrate_databases(url)
    async with open_postgres_pool(url, name="test") as pool:
        async with pool.acquire() as conn:
            pair = await organizations.insert_organization_pair(conn, name="Page", tier="partner")
        return await new_key(pool, pair.sandbox, env="test") if sandbox else await new_key(pool, pair.live)
