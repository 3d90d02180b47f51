"""The simulated Instagram: processing and refusals of files."""

import json

from tests.peers.simulators.instagram_user import DAY_S, InstagramVisitor


async def test_invalid_container_is_refused(ada: InstagramVisitor) -> None:
    for asked, refusal in INVALID:
        assert await ada.create(**{"image_url": f"{ada.files}/a.jpg", **asked}) == refusal, asked
    assert await ada.sim.posts("ada") == []


INVALID: list[tuple[dict[str, str], tuple[int, int | None]]] = [
    ({"caption": "x" * 2201}, (36004, 2207010)),
    ({"caption": "😀" * 1101}, (36004, 2207010)),
    ({"caption": " ".join(f"#tag{number}" for number in range(31))}, (36004, 2207010)),
    ({"caption": " ".join(f"@you{number}" for number in range(21))}, (100, 2207040)),
    ({"alt_text": "x" * 1001}, (100, None)),
    ({"is_carousel_item": "true", "caption": "Mine"}, (100, None)),
    ({"is_carousel_item": "true", "is_ai_generated": "true"}, (100, None)),
    ({"is_ai_generated": "yes"}, (100, None)),
    ({"media_type": "PAINTING"}, (100, 2207023)),
    ({"media_type": "VIDEO"}, (100, 2207067)),
    ({"media_type": "REELS"}, (100, None)),
    ({"children": "1,2"}, (100, None)),
    ({"image_url": "ftp://files.test/a.jpg"}, (9004, 2207052)),
    ({"image_url": "https://files.test/ä.jpg"}, (9004, 2207052)),
    ({"video_url": "https://files.test/a.mp4"}, (100, None)),
]


async def test_caption_at_the_limits_is_accepted(ada: InstagramVisitor) -> None:
    tags = " ".join([f"#t{number}" for number in range(30)] + [f"@y{number}" for number in range(20)])
    caption = tags.ljust(2199, ".") + "x"
    assert len(caption) == 2200
    assert "id" in await ada.image(caption=caption, alt_text="x" * 1000)


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
