"""Privacy level and AI label of a post at the simulated TikTok."""

import msgspec
import pytest

from schemas.errors import PlatformRefusal, PostPreparationExpired
from tests.platforms.tiktok_account import LONG, TikTokAccount, post, video

AFTER = 120.0


@pytest.mark.parametrize("is_private", [True, False])
async def test_a_post_without_a_chosen_level_is_not_begun(person: TikTokAccount, is_private: bool) -> None:
    """An older release scheduled it with a public default: it must not go out with that."""
    await person.sim.account("ada", is_private=is_private)
    with pytest.raises(PlatformRefusal, match="schedule it again with a privacyLevel") as caught:
        await person.prepare(post(video(), privacy_level=None))
    assert (caught.value.code, caught.value.category) == ("PRIVACY_REQUIRED", "user_content")
    assert await person.asked("video/init") == 0


async def test_the_only_offered_level_needs_no_choice(person: TikTokAccount) -> None:
    await person.sim.account("ada", privacy_level_options=["SELF_ONLY"])
    prepared = await person.prepare(post(video(), privacy_level=None))
    assert prepared.traits is not None
    assert prepared.traits["privacyLevels"] == ["private"]
    [entry] = await person.sim.posts("ada")
    assert entry["audience"] == "SELF_ONLY"


async def test_an_upload_with_a_fallback_level_starts_over(person: TikTokAccount) -> None:
    """The handle of an older release: without the mark of a chosen level."""
    prepared = await person.prepare(post(video(LONG)))
    old = {name: value for name, value in prepared.handle.items() if name != "isChosen"}
    left = msgspec.structs.replace(prepared, handle=old, complete=False)
    with pytest.raises(PlatformRefusal, match="has no privacy level"):
        await person.adapter.prepare(person.account, post(video(LONG), privacy_level=None), left)
    with pytest.raises(PostPreparationExpired):
        await person.send(left, post(video(LONG), privacy_level=None))
    await person.sim.advance(AFTER)
    assert await person.counts() == {"open": 1}


@pytest.mark.parametrize("is_ai_generated", [True, False])
async def test_a_generated_video_carries_the_ai_label(person: TikTokAccount, is_ai_generated: bool) -> None:
    await person.sent(post(video(), is_ai_generated=is_ai_generated))
    await person.sim.advance(AFTER)
    [entry] = await person.sim.posts("ada")
    assert (entry["state"], entry["ai_label"]) == ("live", is_ai_generated)


async def test_an_upload_without_its_label_starts_over(person: TikTokAccount) -> None:
    what = post(video(LONG), is_ai_generated=True)
    plain = await person.prepare(post(video(LONG)))
    with pytest.raises(PostPreparationExpired):
        await person.send(plain, what)
    again = await person.prepare(what, msgspec.structs.replace(plain, complete=False))
    await person.send(again, what)
    await person.sim.advance(AFTER)
    labels = [entry["ai_label"] for entry in await person.sim.posts("ada") if entry["state"] == "live"]
    assert labels == [True]
