"""The simulated TikTok: what it fetches, what a person takes away, and what it sends by itself."""

import pytest

from tests.peers.simulators.routing import Answer, Request
from tests.peers.simulators.serving import served
from tests.peers.simulators.simulator import Simulator
from tests.peers.simulators.tiktok_user import FILM, User, error_of


async def ready(user: User, files: str) -> None:
    await user.sim.call("POST", "/app", verified_prefixes=[f"{files}/"])
    await user.ask("creator_info/query")


async def test_photos_have_their_limits(ada_tok: User, files: str) -> None:
    await ready(ada_tok, files)
    photo = f"{files}/a.jpg"
    assert error_of(await ada_tok.photos(*[photo] * 36)) == (400, "invalid_param")
    assert error_of(await ada_tok.photos()) == (400, "invalid_param")
    assert error_of(await ada_tok.photos(photo, title="t" * 91)) == (400, "invalid_param")
    assert error_of(await ada_tok.photos(photo, description="d" * 4001)) == (400, "invalid_param")
    await ada_tok.sim.advance(60)
    assert (await ada_tok.photos(*[photo] * 35, title="t" * 90, description="d" * 4000)).status_code == 200


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("https://elsewhere.test/a.jpg", (403, "url_ownership_unverified")),
        ("http://elsewhere.test/a.jpg", (400, "invalid_param")),
    ],
)
async def test_media_lies_where_verified(
    ada_tok: User, files: str, url: str, refusal: tuple[int, str]
) -> None:
    await ready(ada_tok, files)
    await ada_tok.sim.call("POST", "/app", verified_prefixes=[f"{files}/", "https://elsewhere.test"])
    assert error_of(await ada_tok.photos(url)) == refusal
    source = {"size": None, "chunk_size": None, "total_chunk_count": None, "source": "PULL_FROM_URL"}
    assert error_of(await ada_tok.init(**source, video_url=url)) == refusal  # type: ignore[arg-type]


async def test_access_that_is_taken_away_ends_what_isnt_done(ada_tok: User) -> None:
    await ada_tok.sent(title="Done")
    await ada_tok.sim.advance(5)
    await ada_tok.sent(title="Coming")
    _, url = await ada_tok.begun(title="Begun")
    await ada_tok.sim.call("POST", "/remove_access", username="ada")
    assert error_of(await ada_tok.init()) == (401, "access_token_invalid")
    assert (await ada_tok.put(url, FILM)).status_code == 201
    await ada_tok.sim.advance(5)
    assert await ada_tok.sim.counts("ada", "Done") == {"live": 1}
    assert await ada_tok.sim.counts("ada", "Coming") == {"failed": 1}
    (begun,) = await ada_tok.sim.posts("ada", "Begun")
    assert (begun["state"], begun["detail"]) == ("failed", "auth_removed")


class Receiver(Simulator):
    """The receiver of webhooks."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Request] = []
        self.routes.add("POST", "/hook", self.hook)

    async def hook(self, request: Request) -> Answer:
        self.got.append(request)
        return Answer(200)

    def refusal(self, status: int) -> Answer:
        return Answer(status)

    def events(self) -> list[str]:
        return [request.json()["event"] for request in self.got]


async def test_webhooks_come_twice_late_and_out_of_order(ada_tok: User) -> None:
    publish_id = await ada_tok.sent()
    await ada_tok.sim.advance(3600)
    await ada_tok.sim.call("POST", "/posts", publish_id=publish_id, deed="delete")
    await ada_tok.sim.call("POST", "/remove_access", username="ada")
    receiver = Receiver()
    with served(receiver) as base:
        await ada_tok.sim.call("POST", "/app", callback_url=f"{base}/hook")
        told = await ada_tok.sim.call("GET", "/webhooks")
        events = [hook["event"] for hook in told["due"]]
        await ada_tok.sim.call("POST", "/webhooks/deliver", order="reversed", copies=2)
        assert (await ada_tok.sim.call("GET", "/webhooks"))["due"] == []
        await ada_tok.sim.call("POST", "/webhooks/deliver", order=[told["due"][0]["id"]])
    assert events == [
        "post.publish.complete",
        "post.publish.publicly_available",
        "post.publish.no_longer_publicaly_available",
        "authorization.removed",
    ]
    assert receiver.events() == [event for event in reversed(events) for _ in "12"] + events[:1]
