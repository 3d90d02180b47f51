"""nginx with deploy/nginx/cells.conf, in front of the API processes of two cells."""

import base64
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest
import pytest_asyncio

from db.pool import Pool, open_postgres_pool
from domain.tenancy import organizations
from schemas.settings import Settings
from tests import databases, media
from tests.api.conftest import new_key, read_answer
from tests.api_process import serving
from tests.deploy.nginx import HOST_NAME, create_certificate, open_tls_client, running_nginx
from tests.waiting import until

pytestmark = pytest.mark.peers

#: A body that each cell refuses event by event: a 202 shows that the key was found.
EVENT = {"events": [{"eventId": "e1"}]}


class Cells(NamedTuple):
    """nginx in front of two cells. The map names one of the two keys of the second one."""

    tls_port: int
    certificate: Path
    first_key: str
    mapped_key: str
    new_key: str
    logs: tuple[Path, Path]

    def open_client(self, **headers: str) -> httpx.AsyncClient:
        return open_tls_client(self.tls_port, self.certificate, headers)


async def create_organization(pool: Pool, name: str) -> list[str]:
    """Create an organization; return two keys of its sandbox."""
    async with pool.acquire() as conn:
        pair = await organizations.insert_organization_pair(conn, name=name, tier="standard")
    return [await new_key(pool, pair.sandbox, env="test") for _ in range(2)]


@pytest_asyncio.fixture
async def cells(settings: Settings, pool: Pool, template: databases.Template, tmp_path: Path) -> AsyncIterator[Cells]:
    public = msgspec.structs.replace(settings, proxy_hops=1, public_url=f"https://{HOST_NAME}")
    logs = (tmp_path / "first.log", tmp_path / "second.log")
    async with databases.copy(template) as other_url, open_postgres_pool(other_url, name="test") as other_pool:
        first_key = (await create_organization(pool, "Acme"))[0]
        mapped_key, new_key_text = await create_organization(other_pool, "Rival")
        await other_pool.execute("update api_key set return_origins = '{https://partner.example}'")
        maps = tmp_path / "maps"
        maps.mkdir()
        (maps / "cells.map").write_text(f"{mapped_key[: len('lp_test_') + 16]} cell_2;\n")
        second = msgspec.structs.replace(public, database_url=other_url)
        with serving(public, logs[0]) as one, serving(second, logs[1]) as two:
            replacements = {
                "127.0.0.1:8001": one.url.removeprefix("http://"),
                "127.0.0.1:8002": two.url.removeprefix("http://"),
                "/etc/nginx/tenantry-cells/": f"{maps}/",
            }
            with running_nginx("cells.conf", create_certificate(tmp_path), replacements) as (_, tls_port):
                yield Cells(tls_port, tmp_path, first_key, mapped_key, new_key_text, logs)


async def create_project(client: httpx.AsyncClient) -> str:
    body = {"name": "Shop", "timezone": "Europe/Berlin"}
    return str(read_answer(await client.post("/v1/projects", json=body), 201)["id"])


async def test_each_key_reaches_its_cell(cells: Cells) -> None:
    """Also a key that the map lacks, and an app's key in each place where SDKs send it."""
    for key in (cells.first_key, cells.mapped_key, cells.new_key):
        for headers in ({"Authorization": f"Bearer {key}"}, {"X-Api-Key": key}):
            async with cells.open_client(**headers) as client:
                project = await create_project(client)
                app = {"name": "Shop", "platform": "ios", "bundleId": "com.example.shop"}
                created = read_answer(await client.post(f"/v1/projects/{project}/sdk-apps", json=app), 201)
        app_key, path = created["apiKey"], f"/v1/apps/{created['appId']}/events"
        basic = base64.b64encode(f"{app_key}:".encode()).decode()
        async with cells.open_client() as phone:
            for more in (
                {"headers": {"Authorization": f"Bearer {app_key}"}},
                {"headers": {"Authorization": f"Basic {basic}"}},
                {"params": {"key": app_key}},
            ):
                read_answer(await phone.post(path, json=EVENT, **more), 202)
            # A mobile SDK of Segment has its key in the body alone.
            batch = {"writeKey": app_key, "batch": []}
            read_answer(await phone.post("/v1/b", json=batch), 200)
    async with cells.open_client(Authorization=f"Bearer {cells.new_key[:-1]}x") as stranger:
        assert (await stranger.get("/v1/projects")).status_code == 401


async def test_requests_without_a_key_reach_the_second_cell(cells: Cells) -> None:
    async with cells.open_client(Authorization=f"Bearer {cells.mapped_key}") as client, cells.open_client() as person:
        project = await create_project(client)
        files = {"file": ("a.png", media.picture(), "image/png")}
        content = read_answer(await client.post(f"/v1/projects/{project}/content/upload", files=files), 201)
        url = content["assets"][0]["url"].removeprefix(f"https://{HOST_NAME}")
        assert (await person.get(url)).content == media.picture()
        assert (await person.get(f"{url[:-1]}0")).status_code == 404
        body = {"platform": "mastodon", "returnUrl": "https://partner.example/", "instance": "m.example"}
        asked = await client.post(f"/v1/projects/{project}/social/oauth-url", json=body)
        link = read_answer(asked, 201)["authorizeUrl"].removeprefix(f"https://{HOST_NAME}")
        assert (await person.get(link)).status_code == 302


def has_line(log: Path, text: str) -> bool:
    return text in log.read_text()


async def test_a_platforms_webhook_reaches_both_cells(cells: Cells) -> None:
    async with cells.open_client() as platform:
        answer = await platform.post("/v1/social/webhooks/tiktok", content=b'{"event": "unsigned"}')
    assert answer.status_code == 401
    for log in cells.logs:
        until(partial(has_line, log, "/v1/social/webhooks/tiktok"))
