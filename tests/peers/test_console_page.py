"""A project's page in the console, in Chromium: what of its ingests failed, and what to do."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from db.pool import connect
from tests.peers.chromium import browsing
from tests.peers.own_api import OwnApi, own_api

pytestmark = [pytest.mark.peers, pytest.mark.timeout(180)]

ERROR = '{"code": "TIMEOUT", "message": "shop.example did not answer in time; look", "retryable": true}'


class Served(NamedTuple):
    """An API, and a project whose website could not be read."""

    api: OwnApi
    project: str


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with own_api(tmp_path_factory.mktemp("console")) as api:
        with api.client() as client:
            project = api.project(client)
            url = f"/projects/{project}/ingest/website"
            job = client.post(url, json={"url": "https://shop.example"}).json()["jobId"]
            assert client.post(f"/jobs/{job}/cancel").status_code == 202
        asyncio.run(failed(api.database_url))
        yield Served(api, project)


async def failed(url: str) -> None:
    """As a worker would have left it."""
    conn = await connect(url, name="test")
    await conn.execute(f"update ingest set status = 'failed', error = '{ERROR}'::jsonb")
    await conn.close()


def test_a_failed_ingest_says_what_failed_and_what_to_do(served: Served) -> None:
    console = f"{served.api.url}/console"
    with browsing() as page:
        page.resize(1200)
        page.open(console, "document.querySelector('[name=key]')")
        page.run(f"sessionStorage.setItem('tenantry.key', '{served.api.key}')")
        page.open("about:blank", "true")
        page.open(f"{console}#/projects/{served.project}", "document.querySelector('.failures')")
        shown = page.run("document.querySelector('.failures').innerText")
        assert page.troubles == []
    for word in ("Website", "shop.example did not answer in time; look", "TIMEOUT", "again may do"):
        assert word in shown
