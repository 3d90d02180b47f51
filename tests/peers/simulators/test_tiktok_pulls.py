"""The simulated TikTok: pulled files, withdrawn access, and webhooks."""

from tests.peers.simulators.tiktok_user import FILM, TikTokVisitor, error_of


async def ready(user: TikTokVisitor, files: str) -> None:
    await user.sim.call("POST", "/app", verified_prefixes=[f"{files}/"])
    await user.post("creator_info/query")


async def test_photos_have_their_limits(creator: TikTokVisitor, files: str) -> None:
    await ready(creator, files)
    photo = f"{files}/a.jpg"
    assert error_of(await creator.photos(*[photo] * 36)) == (400, "invalid_param")
    assert error_of(await creator.photos()) == (400, "invalid_param")
    assert error_of(await creator.photos(photo, title="t" * 91)) == (400, "invalid_param")
    assert error_of(await creator.photos(photo, description="d" * 4001)) == (400, "invalid_param")
    await creator.sim.advance(60)
    assert (await creator.photos(*[photo] * 35, title="t" * 90, description="d" * 4000)).status_code == 200


async def test_revoked_access_fails_pending_posts(creator: TikTokVisitor) -> None:
    await creator.sent(title="Done")
    await creator.sim.advance(5)
    await creator.sent(title="Coming")
    _, url = await creator.begun(title="Begun")
    await creator.sim.call("POST", "/remove_access", username="ada")
    assert error_of(await creator.init()) == (401, "access_token_invalid")
    assert (await creator.put(url, FILM)).status_code == 201
    await creator.sim.advance(5)
    assert await creator.sim.counts("ada", "Done") == {"live": 1}
    assert await creator.sim.counts("ada", "Coming") == {"failed": 1}
    (begun,) = await creator.sim.posts("ada", "Begun")
    assert (begun["state"], begun["detail"]) == ("failed", "auth_removed")


async def test_webhooks_are_duplicated_late_and_reordered(creator: TikTokVisitor) -> None:
    publish_id = await creator.sent()
    await creator.sim.advance(3600)
    await creator.sim.call("POST", "/posts", publish_id=publish_id, deed="delete")
    await creator.sim.call("POST", "/remove_access", username="ada")
    await creator.sim.call("POST", "/app", callback_url="http://127.0.0.1:9/hook")
    due = (await creator.sim.call("GET", "/webhooks"))["due"]
    assert [hook["event"] for hook in due] == [
        "post.publish.complete",
        "post.publish.publicly_available",
        "post.publish.no_longer_publicaly_available",
        "authorization.removed",
    ]
    sent = (await creator.sim.call("POST", "/webhooks/deliver", order="reversed", copies=2))["sent"]
    assert [hook["id"] for hook in sent] == [hook["id"] for hook in reversed(due) for _ in "12"]
