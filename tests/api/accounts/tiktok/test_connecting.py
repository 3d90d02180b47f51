"""Connecting accounts of a simulated TikTok, by links and pages."""

from tests.api.accounts.tiktok.project import TikTokProject
from tests.dumps import dump_database


async def test_a_person_connects_their_account(project: TikTokProject) -> None:
    await project.sim.account("ada", comment_disabled=True, max_video_post_duration_sec=300)
    account = await project.account(await project.connect())
    assert (account["platform"], account["handle"], account["status"]) == ("tiktok", "ada", "connected")
    assert account["tokenExpiresAt"] is not None
    [(external_id, traits)] = await project.pool.fetch("select external_id, traits from social_account")
    assert external_id == "-000ada"
    assert traits == {
        "privacyLevels": ["public", "friends", "private"],
        "videoSecondsMax": 300,
        "commentDisabled": True,
        "duetDisabled": False,
        "stitchDisabled": False,
    }
    kept = await dump_database(project.pool)
    assert "act." not in kept
    assert "rft." not in kept


async def test_a_code_works_once(project: TikTokProject) -> None:
    first, second = await project.create_link(), await project.create_link()
    location = await project.sim.consent(await project.consent_page(first), "ada")
    for created in (first, second):
        project.set_flow_cookie(created)
        await project.browser.get(location.replace(first["state"], created["state"]))
    assert (await project.flow_status(first))["status"] == "connected"
    told = await project.flow_status(second)
    assert (told["status"], told["error"]["code"]) == ("failed", "CODE_REFUSED")
    assert await project.pool.fetchval("select count(*) from social_account") == 1


async def test_missing_permission_connects_nothing(project: TikTokProject) -> None:
    asked = ["user.info.basic", "user.info.profile", "video.publish", "video.upload"]
    for missing in asked[1:]:
        link = await project.create_link()
        scopes = [scope for scope in asked if scope != missing]
        assert await project.consent_and_return(link, scopes=scopes) == "failed"
        assert (await project.flow_status(link))["error"]["code"] == "SCOPE_MISSING"
    assert await project.pool.fetchval("select count(*) from social_account") == 0


async def test_account_at_its_daily_cap_is_connected(project: TikTokProject) -> None:
    await project.sim.account("ada", posts_per_day=0)
    account = await project.account(await project.connect())
    assert account["status"] == "connected"
    assert await project.pool.fetchval("select traits from social_account") == {}
