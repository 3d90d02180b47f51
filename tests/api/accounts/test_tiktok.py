"""Connecting accounts of a simulated TikTok, by links and pages."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from db.pool import Pool
from schemas.settings import Settings
from tests.api.accounts.tiktok_place import Place, opened
from tests.dumps import everything


@pytest_asyncio.fixture
async def place(settings: Settings, pool: Pool) -> AsyncIterator[Place]:
    async with opened(settings, pool) as made, made.at_work():
        yield made


async def test_a_person_connects_their_account(place: Place) -> None:
    await place.sim.account("ada", comment_disabled=True, max_video_post_duration_sec=300)
    account = await place.account(await place.connect())
    assert (account["platform"], account["handle"], account["status"]) == ("tiktok", "ada", "connected")
    assert account["tokenExpiresAt"] is not None
    [(external_id, traits)] = await place.pool.fetch("select external_id, traits from social_account")
    assert external_id == "-000ada"
    assert traits == {
        "privacyLevels": ["public", "friends", "private"],
        "videoSecondsMax": 300,
        "commentDisabled": True,
        "duetDisabled": False,
        "stitchDisabled": False,
    }
    kept = await everything(place.pool)
    assert "act." not in kept
    assert "rft." not in kept


async def test_a_code_works_once(place: Place) -> None:
    first, second = await place.start(), await place.start()
    location = await place.sim.consent(await place.page(first), "ada")
    for made in (first, second):
        said = location.replace(first["state"], made["state"])
        await place.browser.get(said.removeprefix(place.settings.public_url))
    assert (await place.told(first))["status"] == "connected"
    told = await place.told(second)
    assert (told["status"], told["error"]["code"]) == ("failed", "CODE_REFUSED")
    assert await place.pool.fetchval("select count(*) from social_account") == 1


async def test_a_state_of_another_key_is_nobodys(place: Place) -> None:
    made = await place.start(place.rival)
    assert (await place.acme.http.get(f"/v1/social/oauth-status/{made['state']}")).status_code == 404
    assert await place.go(made) == "connected"
    accounts = f"/v1/projects/{place.project}/social-accounts"
    assert (await place.acme.http.get(accounts)).json()["items"] == []


async def test_another_persons_account_changes_nothing(place: Place) -> None:
    account_id = await place.connect("ada")
    before = await place.pool.fetch("select * from social_account")
    tokens = await place.pool.fetch("select * from account_credential")
    made = await place.again(account_id)
    assert await place.go(made, "eve") == "failed"
    assert (await place.told(made))["error"]["code"] == "OTHER_ACCOUNT"
    assert await place.pool.fetch("select * from social_account") == before
    assert await place.pool.fetch("select * from account_credential") == tokens


@pytest.mark.parametrize("missing", ["video.publish", "video.upload", "user.info.profile"])
async def test_a_box_that_is_left_unticked_connects_nothing(place: Place, missing: str) -> None:
    asked = ["user.info.basic", "user.info.profile", "video.publish", "video.upload"]
    made = await place.start()
    assert await place.go(made, scopes=[scope for scope in asked if scope != missing]) == "failed"
    assert (await place.told(made))["error"]["code"] == "SCOPE_MISSING"
    assert await place.pool.fetchval("select count(*) from social_account") == 0


async def test_who_says_no_connects_nothing(place: Place) -> None:
    made = await place.start()
    assert await place.go(made, allow=False) == "failed"
    assert (await place.told(made))["error"]["code"] == "ACCESS_DENIED"


async def test_an_account_at_its_days_cap_is_connected_all_the_same(place: Place) -> None:
    await place.sim.account("ada", posts_per_day=0)
    account = await place.account(await place.connect())
    assert account["status"] == "connected"
    assert await place.pool.fetchval("select traits from social_account") == {}
