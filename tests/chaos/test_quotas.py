"""Hundreds of posts at one instant, to accounts with small quotas: the platform counts too."""

from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio

from domain.accounts import accounts
from domain.accounts.credentials import TokenGrant
from domain.publishing.failures import POST_RETRY_BACKOFFS_S
from jobs.kinds import PUBLISH_POST_KIND
from schemas import ids
from tests import media, seeds
from tests.api.conftest import new_key
from tests.chaos.fleet import Fleet
from tests.peers.simulators import instagram_state, instagram_user
from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.instagram import Instagram
from tests.peers.simulators.serving import served
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.long

ACCOUNTS, EACH, WORKERS = 10, 30, 4
#: Quota: posts in a window of seconds; the platform's day is as long as the window.
POSTS, WINDOW_S = 15, 10
CAPTION = "Fresh bread today."
#: Seconds without a post that mean a stuck one. After two calls that a busy machine cuts off, a post waits for 120 s.
STUCK_S = PATIENCE_S + 2 * POST_RETRY_BACKOFFS_S[1]

#: Sends of one account that exceed the quota.
OVER = """
select count(*) from account_send s
 where (select count(*) from account_send o
         where o.account_id = s.account_id
           and o.at > s.at - $2 * interval '1 second' and o.at <= s.at) > $1"""


class QuotaScene(NamedTuple):
    fleet: Fleet
    sim: Sim
    content_id: UUID
    account_ids: list[UUID]


@pytest_asyncio.fixture
async def scene(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[QuotaScene]:
    # Its days are short, but a container may wait for the next one.
    monkeypatch.setattr(instagram_state, "CONTAINER_S", 100 * 86_400)
    with served(Instagram(rate=86_400 / WINDOW_S, redirect_uris=[instagram_user.CALLBACK])) as base:
        fleet.allow(base.removeprefix("http://"), **instagram_user.settings(base))
        url = await fleet.serve_api()
        fleet.settings = msgspec.structs.replace(fleet.settings, public_url=url)
        async with fleet.pool.acquire() as conn:
            project_id = await seeds.project(conn, fleet.org)
        content_id = await upload_content(fleet, url, project_id)
        async with Sim(base) as sim:
            made = [await connect_account(fleet, sim, project_id, f"p{at}") for at in range(ACCOUNTS)]
            yield QuotaScene(fleet, sim, content_id, made)


async def upload_content(fleet: Fleet, url: str, project_id: UUID) -> UUID:
    headers = {"Authorization": f"Bearer {await new_key(fleet.pool, fleet.org)}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S) as http:
        created = await http.post(
            f"/v1/projects/{ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)}/content/upload",
            data={"caption": CAPTION},
            files={"file": ("bread.jpg", media.picture("JPEG", (400, 400)), "image/jpeg")},
        )
    return seeds.parse_id(ids.CONTENT_ID_PREFIX, created.json()["id"])


async def connect_account(fleet: Fleet, sim: Sim, project_id: UUID, username: str) -> UUID:
    person = await sim.account(username, quota_total=POSTS, image_s=0)
    async with visiting(sim.base) as http:
        token = await instagram_user.long_lived(sim, http, username)
    async with fleet.pool.acquire() as conn:
        account_id = await seeds.account(
            conn,
            fleet.org,
            project_id,
            platform="instagram",
            handle=username,
            service_url=sim.base,
            external_id=person["user_id"],
            grant=TokenGrant(access_token=token),
        )
        of = {"organization_id": fleet.org, "account_id": account_id}
        await accounts.set_account_own_quota(conn, **of, posts=POSTS, seconds=WINDOW_S)
    return account_id


@pytest.mark.timeout(900)
async def test_no_account_exceeds_its_quota(scene: QuotaScene) -> None:
    """All posts are published once; the platform never has to refuse one."""
    fleet = scene.fleet
    await fleet.dispatcher()
    for _ in range(WORKERS):
        await fleet.of_product(PUBLISH_POST_KIND.pool)
    await fleet.pause(PUBLISH_POST_KIND.pool, paused=True)
    async with fleet.pool.acquire() as conn:
        for account_id in scene.account_ids:
            for _ in range(EACH):
                await seeds.post(conn, fleet.org, scene.content_id, account_id)
    await fleet.pause(PUBLISH_POST_KIND.pool, paused=False)

    async def more_are_out() -> int:
        count = "select count(*) from scheduled_post where status = 'published'"
        now: int = await fleet.pool.fetchval(count)
        return now if now > out else 0

    out = 0
    while out < ACCOUNTS * EACH:
        out = await eventually(more_are_out, within=STUCK_S)
    assert await fleet.pool.fetchval(OVER, POSTS, float(WINDOW_S)) == 0
    live = [await scene.sim.counts(f"p{at}", CAPTION) for at in range(ACCOUNTS)]
    assert live == [{"live": EACH}] * ACCOUNTS
    asked = await scene.sim.requests()
    publishes = [count for call, count in asked.items() if call.endswith("/media_publish")]
    assert publishes == [EACH] * ACCOUNTS
