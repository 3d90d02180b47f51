"""The simulated TikTok: pulled files, withdrawn access, and webhooks."""

import pytest

from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.serving import served
from tests.peers.simulators.simulator import Simulator
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


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("https://elsewhere.test/a.jpg", (403, "url_ownership_unverified")),
        ("http://elsewhere.test/a.jpg", (400, "invalid_param")),
    ],
)
async def test_media_must_be_on_a_verified_domain(
    creator: TikTokVisitor, files: str, url: str, refusal: tuple[int, str]
) -> None:
    await ready(creator, files)
    await creator.sim.call("POST", "/app", verified_prefixes=[f"{files}/", "https://elsewhere.test"])
    assert error_of(await creator.photos(url)) == refusal


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


class RecordingReceiver(Simulator):
    """The receiver of webhooks."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Request] = []
        self.routes.add("POST", "/hook", self.hook)

    async def hook(self, request: Request) -> SimReply:
        self.got.append(request)
        return SimReply(200)

    def refusal(self, status: int) -> SimReply:
        return SimReply(status)

    def events(self) -> list[str]:
        return [request.json()["event"] for request in self.got]


async def test_webhooks_are_duplicated_late_and_reordered(creator: TikTokVisitor) -> None:
    publish_id = await creator.sent()
    await creator.sim.advance(3600)
    await creator.sim.call("POST", "/posts", publish_id=publish_id, deed="delete")
    await creator.sim.call("POST", "/remove_access", username="ada")
    receiver = RecordingReceiver()
    with served(receiver) as base:
        await creator.sim.call("POST", "/app", callback_url=f"{base}/hook")
        response = await creator.sim.call("GET", "/webhooks")
        events = [hook["event"] for hook in response["due"]]
        await creator.sim.call("POST", "/webhooks/deliver", order="reversed", copies=2)
        assert (await creator.sim.call("GET", "/webhooks"))["due"] == []
        await creator.sim.call("POST", "/webhooks/deliver", order=[response["due"][0]["id"]])
    assert events == [
        "post.publish.complete",
        "post.publish.publicly_available",
        "post.publish.no_longer_publicaly_available",
        "authorization.removed",
    ]
    assert receiver.events() == [event for event in reversed(events) for _ in "12"] + events[:1]
