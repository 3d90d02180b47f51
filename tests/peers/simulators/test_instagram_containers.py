"""The simulated Instagram: processing and refusals of files."""

import json

import pytest

from tests.peers.simulators.instagram_user import DAY_S, InstagramVisitor


async def test_a_container_is_in_progress_then_finished_then_published(ada: InstagramVisitor) -> None:
    made = (await ada.image(caption="Hello"))["id"]
    assert (await ada.status(made))["status_code"] == "IN_PROGRESS"
    assert await ada.publish(made) == (9007, 2207027)
    await ada.sim.advance(2)
    assert (await ada.status(made))["status_code"] == "FINISHED"
    medium = (await ada.publish(made))["id"]
    assert (await ada.status(made))["status_code"] == "PUBLISHED"
    assert (await ada.get(medium, fields="caption,permalink"))["caption"] == "Hello"
    assert await ada.publish(made) == (24, 2207008)
    assert await ada.sim.counts("ada", "Hello") == {"live": 1}
    assert [post["key"] for post in await ada.sim.posts("ada")] == [made]


async def test_a_container_is_gone_after_a_day(ada: InstagramVisitor) -> None:
    made = await ada.finished(caption="Late")
    await ada.sim.advance(DAY_S)
    assert (await ada.status(made))["status_code"] == "EXPIRED"
    assert await ada.publish(made) == (24, 2207008)
    assert await ada.sim.counts("ada", "Late") == {"failed": 1}


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("png.jpg", (36001, 2207005)), ("tall.jpg", (36003, 2207009)), ("huge.jpg", (36000, 2207004)),
        ("half.jpg", (9004, 2207052)), ("text.jpg", (9004, 2207052)), ("none.jpg", (9004, 2207052)),
        ("reel.mp4", (9004, 2207052)),
    ],
)  # fmt: skip
async def test_unsupported_image_fails(ada: InstagramVisitor, name: str, refusal: tuple[int, int]) -> None:
    made = await ada.finished(name)
    said = await ada.status(made)
    assert said["status_code"] == "ERROR"
    assert said["status"].endswith(f"error code {refusal[1]}")
    assert await ada.publish(made) == (-1, 2207032)
    await ada.sim.account("ada", fetches_first=True)
    assert await ada.image(name) == refusal


@pytest.mark.parametrize(("name", "code"), [("short.mp4", 2207077), ("no.mp4", 2207026)])
async def test_a_reel_takes_longer_and_may_fail(ada: InstagramVisitor, name: str, code: int) -> None:
    asked = {"media_type": "REELS", "caption": "Film"}
    good = (await ada.create(video_url=f"{ada.files}/reel.mp4", **asked))["id"]
    bad = (await ada.create(video_url=f"{ada.files}/{name}", **asked))["id"]
    await ada.sim.advance(29)
    assert (await ada.status(good))["status_code"] == "IN_PROGRESS"
    await ada.sim.advance(1)
    assert (await ada.status(bad))["status"].endswith(f"error code {code}")
    medium = (await ada.publish(good))["id"]
    found = await ada.get(medium, fields="media_type,media_product_type,permalink")
    assert (found["media_type"], found["media_product_type"]) == ("VIDEO", "REELS")
    assert "/reel/" in found["permalink"]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"caption": "x" * 2201}, (36004, 2207010)),
        ({"caption": "😀" * 1101}, (36004, 2207010)),
        ({"caption": " ".join(f"#tag{number}" for number in range(31))}, (36004, 2207010)),
        ({"caption": " ".join(f"@you{number}" for number in range(21))}, (100, 2207040)),
        ({"alt_text": "x" * 1001}, (100, None)),
        ({"is_carousel_item": "true", "caption": "Mine"}, (100, None)),
        ({"media_type": "PAINTING"}, (100, 2207023)),
        ({"media_type": "VIDEO"}, (100, 2207067)),
        ({"media_type": "REELS"}, (100, None)),
        ({"children": "1,2"}, (100, None)),
        ({"image_url": "ftp://files.test/a.jpg"}, (9004, 2207052)),
        ({"image_url": "https://files.test/ä.jpg"}, (9004, 2207052)),
        ({"video_url": "https://files.test/a.mp4"}, (100, None)),
    ],
)
async def test_invalid_container_is_refused(
    ada: InstagramVisitor, asked: dict[str, str], refusal: tuple[int, int | None]
) -> None:
    assert await ada.create(**{"image_url": f"{ada.files}/a.jpg", **asked}) == refusal
    assert await ada.sim.posts("ada") == []


async def test_caption_at_the_limits_is_accepted(ada: InstagramVisitor) -> None:
    tags = " ".join([f"#t{number}" for number in range(30)] + [f"@y{number}" for number in range(20)])
    caption = tags.ljust(2199, ".") + "x"
    assert len(caption) == 2200
    assert "id" in await ada.image(caption=caption, alt_text="x" * 1000)


async def test_daily_container_limit(ada: InstagramVisitor) -> None:
    await ada.sim.account("ada", containers_max=2)
    assert ["id" in await ada.image() for _ in range(2)] == [True, True]
    assert await ada.image() == (9, None)
    await ada.sim.advance(DAY_S)
    assert "id" in await ada.image()


async def test_a_carousel_needs_finished_items_of_its_own(ada: InstagramVisitor) -> None:
    items = [(await ada.image(name, is_carousel_item="true"))["id"] for name in ("a.jpg", "b.jpg")]
    asked = {"media_type": "CAROUSEL", "caption": "Both"}
    assert await ada.create(children=",".join(items), **asked) == (9007, 2207027)
    alone = await ada.finished()
    assert await ada.create(children=items[0], **asked) == (100, 2207028)
    assert await ada.create(children=",".join(items * 2), **asked) == (100, 2207028)
    assert await ada.create(children=f"{items[0]},{alone}", **asked) == (100, None)
    created = (await ada.create(children=json.dumps(items), **asked))["id"]
    assert await ada.publish(created) == (9007, 2207027)
    await ada.sim.advance(2)
    assert await ada.publish(items[0]) == (100, None)
    medium = (await ada.publish(created))["id"]
    assert (await ada.get(medium, fields="media_type"))["media_type"] == "CAROUSEL_ALBUM"
    assert (await ada.get(f"{ada.ig}/content_publishing_limit"))["data"] == [{"quota_usage": 1}]
    [post] = await ada.sim.posts("ada", "Both")
    assert (post["state"], len(post["sha256"])) == ("live", 2)


async def test_daily_limit_counts_published_posts(ada: InstagramVisitor) -> None:
    await ada.sim.account("ada", quota_total=1)
    await ada.sim.call("POST", "/posts", username="ada", caption="By hand")
    assert "id" in await ada.publish(await ada.finished())
    second = await ada.finished()
    assert await ada.publish(second) == (9, 2207042)
    found = await ada.get(f"{ada.ig}/content_publishing_limit", fields="config,quota_usage")
    assert found["data"] == [{"config": {"quota_total": 1, "quota_duration": DAY_S}, "quota_usage": 1}]
    await ada.sim.advance(DAY_S)
    assert "id" in await ada.publish(await ada.finished())


@pytest.mark.parametrize("created", [True, False])
async def test_blocked_action_may_have_taken_effect(ada: InstagramVisitor, created: bool) -> None:
    made = await ada.finished(caption="Spam")
    await ada.sim.call("POST", "/errors", path="publish", error="action_blocked", created=created)
    assert await ada.publish(made) == (4, 2207051)
    assert await ada.sim.counts("ada", "Spam") == {"live" if created else "open": 1}
