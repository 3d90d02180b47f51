"""A carousel to the simulated Instagram: its steps, its waits, and a death at each of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from domain.accounts.credentials import TokenGrant
from tests import seeds
from tests.media import picture
from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.serving import served
from tests.peers.simulators.simulator import Simulator
from tests.platforms import instagram_account
from tests.platforms.instagram_account import InstagramAccount
from tests.workers.tasks.publish_post.project import Death, PublishingProject
from workers.platforms.registry import PlatformAdapters

pytestmark = pytest.mark.long

CAPTION = "Three of them"
#: More attempts than a post takes.
MOST = 60


class MediaServer(Simulator):
    """This server's addresses of files."""

    def __init__(self) -> None:
        super().__init__()
        self.routes.add("GET", "/media/{token}", self.file)

    async def file(self, _: Request) -> SimReply:
        return SimReply(200, picture("JPEG", (8, 8)), {"Content-Type": "image/jpeg"})

    def refusal(self, status: int) -> SimReply:
        return SimReply(status)


@dataclass
class InstagramProject(PublishingProject):
    """A project with ada's account; each wait advances Instagram's time."""

    ada: InstagramAccount = None  # type: ignore[assignment]  # set by its fixture
    files: str = ""

    @property
    def platforms(self) -> PlatformAdapters:
        base = super().platforms
        return base._replace(adapters={"instagram": self.ada.adapter}, public_url=self.files)

    async def carousel(self, caption: str = CAPTION) -> UUID:
        """Insert a due carousel."""
        async with self.pool.acquire() as conn:
            content_id = await seeds.content(conn, self.org, self.id, caption=caption)
            await conn.execute(
                """insert into content_asset (organization_id, content_id, id, position, kind, mime_type,
                                              width, height, size_bytes, sha256, token)
                   select $1, $2, gen_random_uuid(), n, 'image', 'image/jpeg', 8, 8, 700,
                          sha256($3::text::bytea), left(md5($3 || n) || md5(n::text), 43)
                     from generate_series(0, 2) n""",
                self.org,
                content_id,
                str(content_id),
            )
            post_id = await seeds.post(conn, self.org, content_id, self.account_id)
        await self.move(post_id, 0)
        return post_id

    async def wait(self, seconds: float = 30.0) -> None:
        """Move all timestamps into the past, here and at Instagram."""
        await self.ada.sim.advance(seconds)
        await self.pool.execute(
            "update scheduled_post set sent_at = sent_at - $1::interval", timedelta(seconds=seconds)
        )
        await self.skip_waits()

    async def ends(self) -> list[str]:
        """Run attempts until none is left; return their outcomes."""
        words: list[str] = []
        while len(words) < MOST and (word := await self.attempt()):
            words.append(word)
            await self.wait()
        return words


@asynccontextmanager
async def on_instagram(project: PublishingProject) -> AsyncIterator[InstagramProject]:
    async with instagram_account.instagram_account() as ada:
        with served(MediaServer()) as files:
            await ada.sim.account("ada", quota_total=1000, containers_max=4000)
            account_id = await project.account(
                platform="instagram",
                handle="ada",
                external_id=ada.account.external_id,
                service_url=ada.account.service_url,
                grant=TokenGrant(access_token=ada.account.access_token),
                traits={"quotaPosts": 1000, "quotaSeconds": 86400},
            )
            mine: dict[str, Any] = {
                name: getattr(project, name) for name in ("pool", "settings", "courier", "store", "org", "id")
            }
            yield InstagramProject(**mine, account_id=account_id, ada=ada, files=files)


@pytest_asyncio.fixture
async def there(project: PublishingProject) -> AsyncIterator[InstagramProject]:
    async with on_instagram(project) as made:
        yield made


async def test_a_carousel_is_published_in_steps_that_yield_the_slot(there: InstagramProject) -> None:
    post_id = await there.carousel()
    assert await there.ends() == ["snoozed", "snoozed", "completed"]
    row = await there.row(post_id)
    assert (row["status"], await there.ada.sim.counts("ada", CAPTION)) == ("published", {"live": 1})
    (entry,) = await there.ada.sim.posts("ada", CAPTION)
    assert row["external_id"] == entry["external_id"]
    assert row["external_url"].startswith("https://www.instagram.com/p/")
    assert await there.ada.calls("/media") == 4


@pytest.mark.parametrize("fault", [None, SimFault.ACCEPT_THEN_DROP, SimFault.DROP_BEFORE])
@pytest.mark.parametrize("after", [False, True])
async def test_a_death_at_any_step_leaves_one_post(
    there: InstagramProject, fault: SimFault | None, after: bool
) -> None:
    """Before or after each transaction of each attempt, with the publish arriving or not."""
    deaths, first, nth = 0, 0, 1
    while True:
        caption = f"{CAPTION}: {first}, {nth}"
        post_id = await there.carousel(caption)
        if fault is not None:
            await there.ada.sim.fault("publish", fault)
        words = []
        for _ in range(first):
            words.append(await there.attempt())
            await there.wait()
        died = await there.attempt(Death(nth=nth, after=after)) == "died"
        await there.wait()
        await there.ends()
        told = f"{caption}: {words}"
        assert (await there.row(post_id))["status"] == "published", told
        assert (await there.ada.sim.counts("ada", caption))["live"] == 1, told
        if "completed" in words:
            break
        deaths, first, nth = (deaths + 1, first, nth + 1) if died else (deaths, first + 1, 1)
    assert deaths >= 10
