"""Posting to the simulated Instagram: its preparation in steps, and the results of a publish."""

from datetime import timedelta

import msgspec
import pytest

from platforms.instagram.publish import InstagramAdapter
from schemas.errors import PlatformRefusal, PlatformThrottled, PostNotSent, PostOutcomeUnknown, PostPreparationExpired
from tests.peers.simulators.faults import SimFault
from tests.platforms.instagram_account import SEND_S, InstagramAccount
from tests.platforms.scripted import account, client_for, draft, file, json_response, server
from workers.platforms.contract import LivePost, PostInquiry, PostPrepareResult
from workers.platforms.graph_version import META_GRAPH_API_VERSION


async def test_an_image_goes_out_from_one_container(ada: InstagramAccount) -> None:
    post = await ada.post(caption="Bread")
    begun = await ada.step(post)
    assert (begun.complete, begun.after_s, begun.request) == (False, 1.0, b"")
    sent = await ada.send(await ada.prepared(post, begun), post)
    (entry,) = await ada.sim.posts("ada", "Bread")
    assert (entry["kind"], entry["state"], entry["key"]) == ("IMAGE", "live", begun.handle["container"])
    assert isinstance(sent, LivePost)
    assert sent.external_id == entry["external_id"]
    assert str(sent.external_url).startswith("https://www.instagram.com/p/")


async def test_a_reel_is_polled_while_it_is_processed(ada: InstagramAccount) -> None:
    """The slot is yielded meanwhile, each time for longer."""
    post = await ada.post("reel.mp4", caption="Film")
    steps = [await ada.step(post)]
    while not steps[-1].complete:
        steps.append(await ada.step(post, steps[-1]))
    assert [step.after_s for step in steps] == [5, 10, 20, 0]
    assert len({step.handle["container"] for step in steps}) == 1
    await ada.send(steps[-1], post)
    (entry,) = await ada.sim.posts("ada", "Film")
    assert (entry["kind"], entry["state"]) == ("REELS", "live")


async def test_a_poll_pause_is_at_most_a_minute(ada: InstagramAccount) -> None:
    await ada.sim.account("ada", video_s=100_000)
    post = await ada.post("reel.mp4")
    step = await ada.step(post)
    for _ in range(8):
        step = await ada.step(post, step)
    assert step.after_s == 60


async def test_a_carousel_has_its_images_in_order(ada: InstagramAccount) -> None:
    post = await ada.post("a.jpg", "b.jpg", "a.jpg", caption="Three")
    steps = [await ada.step(post)]
    while not steps[-1].complete:
        steps.append(await ada.step(post, steps[-1]))
    assert [len(step.handle["items"]) for step in steps[:3]] == [1, 2, 3]
    assert [step.after_s for step in steps[:3]] == [0, 0, 0]
    await ada.send(steps[-1], post)
    (entry,) = await ada.sim.posts("ada", "Three")
    assert (entry["kind"], entry["state"]) == ("CAROUSEL_ALBUM", "live")
    assert entry["sha256"][0] == entry["sha256"][2] != entry["sha256"][1]


async def test_finished_items_are_not_polled_again(ada: InstagramAccount) -> None:
    await ada.sim.account("ada", image_s=1)
    post = await ada.post("a.jpg", "b.jpg")
    prepared = await ada.prepared(post)
    asked = [await ada.calls(f"/{item}") for item in prepared.handle["items"]]
    assert asked == [2, 1]


async def test_a_repeated_step_creates_no_second_container(ada: InstagramAccount) -> None:
    """As after a death: each step continues from the stored one before."""
    post = await ada.post("a.jpg", "b.jpg", caption="Twice")
    first = await ada.step(post)
    second = await ada.step(post, first)
    assert second.handle["items"][0] == first.handle["items"][0]
    one, other = await ada.prepared(post, second), await ada.prepared(post, second)
    assert one.handle["items"] == other.handle["items"]
    await ada.send(one, post)
    with pytest.raises(PostOutcomeUnknown):
        await ada.send(other, post)
    assert (await ada.sim.counts("ada", "Twice"))["live"] == 1


async def test_old_containers_are_created_again(ada: InstagramAccount) -> None:
    begun = await ada.step(await ada.post())
    await ada.sim.advance(23 * 3600 + 1)
    again = await ada.step(await ada.post(), begun)
    assert again.handle["container"] != begun.handle["container"]


async def test_a_container_that_expired_is_prepared_again(ada: InstagramAccount) -> None:
    """The simulator's time decides, not the local clock."""
    post = await ada.post()
    begun = await ada.step(post)
    await ada.sim.advance(24 * 3600)
    with pytest.raises(PostPreparationExpired) as caught:
        await ada.step(post, begun)
    assert caught.value.code == "CONTAINER_GONE"


async def test_a_container_unknown_three_times_is_created_again(ada: InstagramAccount) -> None:
    post = await ada.post()
    step = await ada.step(post)
    await ada.order("unknown_object", "container", times=3)
    for _ in range(2):
        step = await ada.step(post, step)
    with pytest.raises(PostPreparationExpired) as caught:
        await ada.step(post, step)
    assert caught.value.code == "CONTAINER_UNKNOWN"


@pytest.mark.parametrize("names", [["a.jpg"], ["a.jpg", "b.jpg"]])
async def test_an_existing_container_reported_unknown_is_kept(ada: InstagramAccount, names: list[str]) -> None:
    """Meta returns 100/33 for existing containers. An account may create 400 in a day."""
    post = await ada.post(*names, caption="Denied")
    step = await ada.step(post)
    await ada.order("unknown_object", "container", times=2)
    await ada.send(await ada.prepared(post, step), post)
    made = 1 if len(names) == 1 else len(names) + 1
    assert await ada.calls("/media") == made
    assert (await ada.sim.counts("ada", "Denied"))["live"] == 1


async def test_generated_content_carries_the_ai_label(ada: InstagramAccount) -> None:
    """The simulator refuses it on the items of a carousel."""
    for names in (["a.jpg"], ["reel.mp4"], ["a.jpg", "b.jpg"]):
        for is_ai_generated in (True, False):
            caption = f"Drawn {' and '.join(names)} {is_ai_generated}"
            plain = await ada.post(*names, caption=caption)
            post = msgspec.structs.replace(plain, is_ai_generated=is_ai_generated)
            await ada.send(await ada.prepared(post), post)
            (entry,) = await ada.sim.posts("ada", caption)
            assert (entry["state"], entry["ai_label"]) == ("live", is_ai_generated)


async def test_containers_without_the_label_are_created_again(ada: InstagramAccount) -> None:
    """By a release that set none, or before its partner declared it."""
    plain = await ada.post(caption="Declared")
    labelled = msgspec.structs.replace(plain, is_ai_generated=True)
    begun, whole = await ada.step(plain), await ada.prepared(plain)
    with pytest.raises(PostPreparationExpired):
        await ada.send(whole, labelled)
    assert await ada.calls("/media_publish") == 0
    await ada.send(await ada.prepared(labelled, begun), labelled)
    live = [entry for entry in await ada.sim.posts("ada", "Declared") if entry["state"] == "live"]
    assert [entry["ai_label"] for entry in live] == [True]


#: Files that Instagram refuses or can't fetch, and the errors' codes.
UNUSABLE = {
    "tall.jpg": "MEDIA_ASPECT", "png.jpg": "MEDIA_REFUSED", "huge.jpg": "MEDIA_TOO_LARGE",
    "no.mp4": "MEDIA_REFUSED", "short.mp4": "MEDIA_REFUSED", "half.jpg": "MEDIA_NOT_FETCHED",
    "text.jpg": "MEDIA_NOT_FETCHED", "gone.jpg": "MEDIA_NOT_FETCHED",
}  # fmt: skip


@pytest.mark.parametrize("fetches_first", [True, False])
async def test_an_unusable_file_has_its_code(ada: InstagramAccount, fetches_first: bool) -> None:
    """The error comes at once, or in the status of the container."""
    await ada.sim.account("ada", fetches_first=fetches_first)
    for name, code in UNUSABLE.items():
        kind = PostPreparationExpired if code == "MEDIA_NOT_FETCHED" else PlatformRefusal
        with pytest.raises(kind) as caught:
            await ada.prepared(await ada.post(name))
        assert (name, caught.value.code) == (name, code)
    assert await ada.calls("/media_publish") == 0


async def test_refused_files_create_no_container(ada: InstagramAccount) -> None:
    with pytest.raises(PlatformRefusal) as caught:
        await ada.step(await ada.post(*["a.jpg"] * 11))
    assert caught.value.code == "MEDIA_TOO_MANY"
    assert await ada.calls("/media") == 0


async def test_an_account_at_its_daily_quota_cools_down(ada: InstagramAccount) -> None:
    await ada.sim.account("ada", quota_total=1)
    post = await ada.post(caption="First")
    await ada.send(await ada.prepared(post), post)
    with pytest.raises(PlatformThrottled) as caught:
        await ada.step(await ada.post(caption="Second"))
    assert (caught.value.code, caught.value.after_s) == ("QUOTA_USED_UP", 900)
    assert await ada.calls("/media") == 1


async def test_a_post_without_a_permalink_is_live(ada: InstagramAccount) -> None:
    """A silent call for the permalink times out."""
    for fault, timeout_s in ((SimFault.DROP_BEFORE, SEND_S), (SimFault.ACCEPT_THEN_TIMEOUT, 1.0)):
        post = await ada.post(caption=fault.value)
        prepared = await ada.prepared(post)
        await ada.sim.fault("medium", fault)
        sent = await ada.send(prepared, post, timeout_s=timeout_s)
        (entry,) = await ada.sim.posts("ada", fault.value)
        assert sent == LivePost(external_id=entry["external_id"], external_url=None)


async def test_a_publish_before_processing_has_ended_publishes_nothing(ada: InstagramAccount) -> None:
    post = await ada.post(caption="Early")
    begun = await ada.step(post)
    early = PostPrepareResult(
        handle=begun.handle, request=msgspec.json.encode({"creation_id": begun.handle["container"], "caption": "Early"})
    )
    with pytest.raises(PostNotSent) as caught:
        await ada.send(early, post)
    assert (type(caught.value), caught.value.code) == (PostNotSent, "MEDIA_PROCESSING")
    await ada.sim.advance(5)
    assert isinstance(await ada.send(early, post), LivePost)


async def test_no_call_is_repeated_before_a_reconciliation(ada: InstagramAccount) -> None:
    post = await ada.post()
    prepared, now = await ada.prepared(post), await ada.now()
    assert not InstagramAdapter(ada.adapter.client, "").may_repeat_send_safely(
        ada.account, PostInquiry(prepared, now, now)
    )
    assert not ada.adapter.may_repeat_send_safely(ada.account, PostInquiry(prepared, now, now + timedelta(days=1)))


async def test_no_address_holds_the_token() -> None:
    usage = json_response({"data": [{"quota_usage": 0, "config": {"quota_total": 25, "quota_duration": 86400}}]})
    made = {
        "content_publishing_limit": usage,
        "media": json_response({"id": "17"}),
        "17": json_response({"status_code": "FINISHED"}),
    }
    async with server(**made) as served, client_for(served) as client:
        adapter, mine = InstagramAdapter(client, served.base), account(served, "instagram")
        photo = draft("Hi", file(mime_type="image/jpeg"))
        prepared = await adapter.prepare(mine, photo, await adapter.prepare(mine, photo))
    assert prepared.complete
    assert [asked.headers["authorization"] for asked in served.asked] == ["Bearer secret-token"] * 3
    assert "secret-token" not in "".join(asked.target for asked in served.asked)
    assert {tuple(asked.path.split("/")[1:3]) for asked in served.asked} == {
        (META_GRAPH_API_VERSION, "1784"),
        (META_GRAPH_API_VERSION, "17"),
    }
