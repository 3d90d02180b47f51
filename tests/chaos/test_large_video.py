"""Memory use for a video of 100 MB on its way through the API, the storage and a worker to a platform."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio

from domain.accounts.credentials import TokenGrant
from domain.media.streaming_upload import MIB
from jobs.kinds import PUBLISH_POST_KIND
from schemas import ids
from tests import media, seeds
from tests.api.conftest import new_key
from tests.api_process import serving
from tests.chaos.fleet import Fleet
from tests.peers.simulators import tiktok_user
from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.serving import served
from tests.peers.simulators.tiktok import TikTok
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.long

#: Maximal additional memory of any process for the whole file.
MOST = 64 * MIB


class VideoPath(NamedTuple):
    """A video's path: the API's process, the worker's, the platform."""

    fleet: Fleet
    http: httpx.AsyncClient
    sim: Sim
    processes: list[int]
    project: str
    account: str

    async def post(self, film: bytes, caption: str) -> Any:
        """Upload and publish immediately; return the post when it has ended."""
        path, files = f"/v1/projects/{self.project}/content/upload", {"file": ("shop.mp4", film, "video/mp4")}
        created = await self.http.post(path, data={"caption": caption}, files=files)
        assert created.status_code == 201, created.text
        assert created.json()["assets"][0]["sizeBytes"] == len(film)
        target = {"socialAccountId": self.account, "privacyLevel": "private"}
        sent = await self.http.post(f"/v1/content/{created.json()['id']}/publish", json={"targets": [target]})
        path = f"/v1/scheduled-posts/{sent.json()['scheduledPosts'][0]['id']}"

        async def ended() -> bool:
            """Make all waiting jobs due."""
            await self.fleet.pool.execute("update job set run_at = now() where state = 'queued'")
            status = (await self.http.get(path)).json()["status"]
            return status not in {"queued", "publishing"}

        await eventually(ended)
        return (await self.http.get(path)).json()


@pytest_asyncio.fixture
async def line(fleet: Fleet) -> AsyncIterator[VideoPath]:
    with served(TikTok(rate=100, redirect_uris=[tiktok_user.CALLBACK])) as base:
        fleet.allow(base.removeprefix("http://"), **tiktok_user.settings(base))
        with serving(fleet.settings, fleet.folder / "api.log") as api:
            worker = await fleet.of_product(PUBLISH_POST_KIND.pool)
            await fleet.dispatcher()
            key = await new_key(fleet.pool, fleet.org)
            headers = {"Authorization": f"Bearer {key}"}
            async with (
                httpx.AsyncClient(base_url=api.url, headers=headers, timeout=PATIENCE_S) as http,
                Sim(base) as sim,
            ):
                project, account = await connect_account(fleet, sim)
                processes = [api.pid, worker.popen.pid]
                yield VideoPath(fleet, http, sim, processes, project, account)


async def connect_account(fleet: Fleet, sim: Sim) -> tuple[str, str]:
    person = await sim.account("ada")
    async with visiting(sim.base) as http:
        scopes = f"{tiktok_user.SCOPES},user.info.profile"
        user = await tiktok_user.connected(sim, http, scope=scopes)
    async with fleet.pool.acquire() as conn:
        project_id = await seeds.project(conn, fleet.org)
        account_id = await seeds.account(
            conn,
            fleet.org,
            project_id,
            platform="tiktok",
            handle="ada",
            service_url=sim.base,
            external_id=person["open_id"],
            grant=TokenGrant(access_token=user.access, refresh_token=user.refresh),
        )
    return ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id), ids.format_prefixed_id(
        ids.ACCOUNT_ID_PREFIX, account_id
    )


def memory(pid: int, of: str) -> int:
    """Return a value in bytes: `VmRSS` is the current use, `VmHWM` the peak since its reset."""
    match = re.search(rf"{of}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match
    return int(match[1]) * 1024


def forget_most(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


async def test_publishing_100_mib_needs_little_memory(line: VideoPath) -> None:
    warm = await line.post(media.film(ms=4000), "a short one")
    assert warm["status"] == "published", warm
    before = [memory(pid, "VmRSS") for pid in line.processes]
    for pid in line.processes:
        forget_most(pid)
    film = media.film(ms=4000, frames=100 * MIB - len(media.film(ms=4000, frames=0)))
    assert len(film) == 100 * MIB
    long = await line.post(film, "a long one")
    assert long["status"] == "published", long
    assert await line.sim.counts("ada", "a long one") == {"live": 1}
    most = [memory(pid, "VmHWM") - had for pid, had in zip(line.processes, before, strict=True)]
    assert max(most) < MOST, most
