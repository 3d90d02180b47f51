"""A project's page in the console, in Chromium: what of its ingests failed, and what to do."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest

from db.migrate import migrate
from db.pool import connect, open_pool
from domain.tenancy import organizations
from tests import servers as made
from tests.api.conftest import new_key
from tests.api_process import serving
from tests.peers.chromium import browsing

pytestmark = [pytest.mark.peers, pytest.mark.timeout(180)]

ERROR = '{"code": "TIMEOUT", "message": "shop.example did not answer in time; look", "retryable": true}'


class Served(NamedTuple):
    """A running API, a key, and a project whose website could not be read."""

    url: str
    key: str
    project: str


@pytest.fixture
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("console")
    with made.embedded(folder) as servers:
        settings = made.settings_for(
            servers.postgres.url, servers.valkey.url, assets_url=f"file://{folder}/media"
        )
        key = asyncio.run(prepared(servers.postgres.url))
        with serving(settings, folder / "api.log") as served:
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=f"{served.url}/v1", headers=headers) as client:
                body = {"name": "Shop", "timezone": "UTC"}
                project = client.post("/projects", json=body).json()["id"]
                url = f"/projects/{project}/ingest/website"
                job = client.post(url, json={"url": "https://shop.example"}).json()["jobId"]
                assert client.post(f"/jobs/{job}/cancel").status_code == 202
            asyncio.run(failed(servers.postgres.url))
            yield Served(served.url, key, project)


async def prepared(url: str) -> str:
    """A key, in a new database."""
    await migrate(url)
    async with open_pool(url, name="test") as pool:
        async with pool.acquire() as conn:
            pair = await organizations.create(conn, name="Page", tier="partner")
        return await new_key(pool, pair.live)


async def failed(url: str) -> None:
    """As a worker would have left it."""
    conn = await connect(url, name="test")
    await conn.execute(f"update ingest set status = 'failed', error = '{ERROR}'::jsonb")
    await conn.close()


def test_a_failed_ingest_says_what_failed_and_what_to_do(api: Served) -> None:
    with browsing() as page:
        page.resize(1200)
        page.open(f"{api.url}/console", "document.querySelector('[name=key]')")
        page.run(f"sessionStorage.setItem('tenantry.key', '{api.key}')")
        page.open("about:blank", "true")
        page.open(f"{api.url}/console#/projects/{api.project}", "document.querySelector('.failures')")
        shown = page.run("document.querySelector('.failures').innerText")
        assert page.troubles == []
    for word in ("Website", "shop.example did not answer in time; look", "TIMEOUT", "again may do"):
        assert word in shown
