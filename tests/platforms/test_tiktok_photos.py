"""Photos to the simulated TikTok, which fetches them from addresses that only one call reveals."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import msgspec
import pytest
import pytest_asyncio

from platforms.tiktok import photos
from schemas.errors import PlatformError, PlatformRefusal, PostOutcomeUnknown, PostPreparationExpired
from tests.media import picture
from tests.peers.simulators.faults import SimFault
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.serving import served
from tests.peers.simulators.simulator import Simulator
from tests.platforms.scripted import file
from tests.platforms.tiktok_account import TikTokAccount, ada, post, prepared_with
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    InboxDraft,
    LivePost,
    PostFile,
    PostToPublish,
    UnprovedPost,
)

JPEG = picture("JPEG", (8, 8))
AFTER = 120.0


class PhotoServer(Simulator):
    """The media server, serving `GET /media/{token}/{ticket}`; `came` has the used tickets."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[str] = []
        self.closed = False
        self.routes.add("GET", "/media/{token}/{ticket}", self.file)

    async def file(self, request: Request) -> SimReply:
        if self.closed:
            return self.refusal(404)
        self.came.append(request.args["ticket"])
        return SimReply(200, JPEG, {"Content-Type": "image/jpeg"})

    def refusal(self, status: int) -> SimReply:
        return SimReply(status)


@pytest.fixture
def album() -> Iterator[PhotoServer]:
    made = PhotoServer()
    with served(made):
        yield made


@pytest_asyncio.fixture
async def person(album: PhotoServer) -> AsyncIterator[TikTokAccount]:
    async with ada() as made:
        await made.sim.call("POST", "/app", verified_prefixes=[f"{album.base}/media/"])
        yield made


def pictures(album: PhotoServer, count: int = 2) -> PostToPublish:
    return post(*(photo(album, number) for number in range(count)))


def photo(album: PhotoServer, number: int = 0, mime_type: str = "image/jpeg") -> PostFile:
    return file(JPEG, mime_type=mime_type, url=f"{album.base}/media/{number:043}")


async def test_photos_are_fetched_by_tickets_of_this_call_alone(person: TikTokAccount, album: PhotoServer) -> None:
    what = pictures(album)
    prepared, other = await person.prepare(what), await person.prepare(what)
    assert len({*prepared.tickets, *other.tickets}) == 4
    assert {len(ticket) for ticket in prepared.tickets} == {43}
    taken = await person.send(prepared, what)
    await person.sim.advance(AFTER)
    assert album.came == list(prepared.tickets)
    live = await person.poll(prepared_with(prepared, taken))
    [entry] = await person.sim.posts("ada")
    url = f"{person.account.service_url}/@ada/photo/{entry['external_id']}"
    assert live == LivePost(external_id=entry["external_id"], external_url=url)


@pytest.mark.parametrize(
    "fault", [SimFault.ACCEPT_THEN_DROP, SimFault.ACCEPT_THEN_500, SimFault.CREATED_BUT_400, SimFault.TRUNCATED_200]
)
@pytest.mark.parametrize("came", [True, False])
async def test_ticket_use_decides_a_lost_call(
    person: TikTokAccount, album: PhotoServer, fault: SimFault, came: bool
) -> None:
    what = pictures(album)
    prepared = await person.prepare(what)
    await person.sim.fault("/v2/post/publish/content/init/", fault)
    with pytest.raises(PostOutcomeUnknown):
        await person.send(prepared, what)
    await person.sim.advance(AFTER if came else 1)
    album.closed = True  # The caller closes the tickets before it reconciles.
    found = await person.look(prepared, fetched=bool(album.came))
    await person.sim.advance(AFTER)
    assert await person.counts() == ({"live": 1} if came else {"failed": 1})
    assert found == (UnprovedPost() if came else AbsentPost())


async def test_photos_that_tiktok_could_not_fetch_are_sent_again(person: TikTokAccount, album: PhotoServer) -> None:
    album.closed = True
    prepared = await person.sent(pictures(album))
    await person.sim.advance(AFTER)
    with pytest.raises(PostPreparationExpired) as caught:
        await person.poll(prepared)
    assert caught.value.code == "MEDIA_NOT_FETCHED"


async def test_an_unverified_domain_is_a_config_error(person: TikTokAccount, album: PhotoServer) -> None:
    await person.sim.call("POST", "/app", verified_prefixes=[])
    what = pictures(album)
    prepared = await person.prepare(what)
    with pytest.raises(PlatformRefusal, match="the operator has to verify this server") as caught:
        await person.send(prepared, what)
    assert (caught.value.code, caught.value.category) == ("PULL_DOMAIN_UNVERIFIED", "config")
    assert await person.counts() == {}


@pytest.mark.parametrize(
    ("mime_type", "count", "code"), [("image/png", 1, "MEDIA_REFUSED"), ("image/jpeg", 36, "MEDIA_TOO_MANY")]
)
async def test_unsupported_photos_are_not_prepared(
    person: TikTokAccount, album: PhotoServer, mime_type: str, count: int, code: str
) -> None:
    with pytest.raises(PlatformError) as caught:
        await person.prepare(post(*[photo(album, mime_type=mime_type)] * count))
    assert (type(caught.value), caught.value.code) == (PlatformRefusal, code)


async def test_photos_of_a_draft_go_to_the_inbox(person: TikTokAccount, album: PhotoServer) -> None:
    prepared = await person.sent(post(photo(album), mode="draft"))
    assert isinstance(await person.poll(prepared), AcceptedPost)
    await person.sim.advance(AFTER)
    assert await person.poll(prepared, after_s=AFTER) == InboxDraft()
    assert await person.counts() == {"draft": 1}


async def test_a_post_has_only_documented_fields(person: TikTokAccount, album: PhotoServer) -> None:
    """The simulator accepts no other fields."""
    await person.sim.account("ada", comment_disabled=True)
    prepared = await person.prepare(pictures(album))
    asked = msgspec.json.decode(prepared.request)
    assert asked["post_info"] == {
        "title": "",
        "description": "Fresh bread",
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "disable_comment": True,
    }
    assert [urlsplit(url).path.split("/")[3] for url in asked["source_info"]["photo_images"]] == list(prepared.tickets)


@pytest.mark.parametrize(
    ("caption", "title", "description"),
    [
        ("Fresh bread", "", "Fresh bread"),
        ("Fresh bread\n\nFrom six on", "Fresh bread", "From six on"),
        ("Fresh #bread\nFrom six on", "", "Fresh #bread\nFrom six on"),
        ("x" * 91 + "\nmore", "", "x" * 91 + "\nmore"),
        ("🥖" * 46 + "\nmore", "", "🥖" * 46 + "\nmore"),
        ("🥖" * 45 + "\nmore", "🥖" * 45, "more"),
        ("Fresh bread\n ", "", "Fresh bread\n "),
    ],
)
def test_a_short_first_line_is_the_title(caption: str, title: str, description: str) -> None:
    assert photos.split_photo_caption(caption) == (title, description)
