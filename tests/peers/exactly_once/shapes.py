"""Each kind of post, with its calls."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

from tests.media import film, picture
from tests.peers.simulators.faults import SimFault

#: A video of three chunks on TikTok.
LONG = (20 << 20) + 1


class PlatformCall(NamedTuple):
    """The call after `skip` others with this method and a path, or simulator name, that matches `path`.

    `makes`: it changes something on the platform. `before`: a fault of the post's own call that must happen
    first, so that this call is made to look the post up.
    """

    name: str
    method: str
    path: str
    skip: int = 0
    makes: bool = True
    before: SimFault | None = None

    def is_named(self, method: str, names: Sequence[str]) -> bool:
        return method == self.method and any(fnmatchcase(name, self.path) for name in names)


class Shape(NamedTuple):
    """`send` is the irreversible call; `files` are bytes and their type.

    `aged`: the account's token has expired in our database when the post begins. `person` configures the
    account on the platform; `prompt`: the platform finishes background work before it responds.
    """

    platform: Literal["tiktok", "instagram"]
    name: str
    files: Sequence[tuple[bytes, str]]
    calls: Sequence[PlatformCall]
    send: PlatformCall
    mode: Literal["direct", "draft"] = "direct"
    aged: bool = False
    person: Mapping[str, Any] = {}
    prompt: bool = False

    @property
    def title(self) -> str:
        return f"{'TikTok' if self.platform == 'tiktok' else 'Instagram'}: {self.name}"


JPEGS = [(picture("JPEG", (400, 400 + number)), "image/jpeg") for number in range(2)]
FILM = (film(ms=4000, size=(640, 360)), "video/mp4")
LARGE = (film(ms=4000, size=(640, 360), frames=LONG - len(film(frames=0))), "video/mp4")

PUBLISH = "/v2/post/publish"
INFO = PlatformCall("creator_info", "POST", f"{PUBLISH}/creator_info/query/", makes=False)
VIDEO_INIT = PlatformCall("video/init", "POST", f"{PUBLISH}/video/init/")
INBOX_INIT = PlatformCall("inbox/video/init", "POST", f"{PUBLISH}/inbox/video/init/")
CONTENT_INIT = PlatformCall("content/init", "POST", f"{PUBLISH}/content/init/")
LAST = PlatformCall("last chunk", "PUT", "last_chunk")
STATUS = PlatformCall("status/fetch", "POST", f"{PUBLISH}/status/fetch/", makes=False)
TOKEN = PlatformCall("oauth/token", "POST", "/v2/oauth/token/")

CREATE = PlatformCall("media", "POST", "*/media")
PUBLISHED = PlatformCall("media_publish", "POST", "*/media_publish")
LIMIT = PlatformCall("content_publishing_limit", "GET", "*/content_publishing_limit", makes=False)
CONTAINER = PlatformCall("status of the container", "GET", "container", makes=False)
MEDIUM = PlatformCall("the post's own address", "GET", "medium", makes=False)
LIST = PlatformCall("list of the account's media", "GET", "list", makes=False)
EXTEND = PlatformCall("refresh_access_token", "GET", "*/refresh_access_token")


def after(fault: SimFault, call: PlatformCall, name: str, **changed: Any) -> PlatformCall:
    return call._replace(name=f"{name}, its answer lost: {call.name}", before=fault, makes=False, **changed)


LOST = SimFault.ACCEPT_THEN_DROP

#: Calls with an unknowable outcome: TikTok returns the id only in the response, and has already fetched a
#: photo.
UNKNOWABLE = {
    ("TikTok: photos", CONTENT_INIT.name),
    ("TikTok: photos that are fetched before the answer", CONTENT_INIT.name),
}

SHAPES = (
    Shape(
        "tiktok",
        "video in one chunk",
        [FILM],
        (INFO, VIDEO_INIT, LAST, STATUS, after(LOST, STATUS, "last chunk")),
        LAST,
    ),
    Shape(
        "tiktok",
        "video in three chunks",
        [LARGE],
        (
            VIDEO_INIT,
            PlatformCall("first chunk", "PUT", "chunk"),
            PlatformCall("second chunk", "PUT", "chunk", skip=1),
            LAST,
            STATUS,
        ),
        LAST,
    ),
    Shape("tiktok", "photos", JPEGS, (INFO, CONTENT_INIT, STATUS), CONTENT_INIT),
    Shape(
        "tiktok",
        "photos that are fetched before the answer",
        JPEGS,
        (CONTENT_INIT,),
        CONTENT_INIT,
        person={"pull_after_s": 0},
        prompt=True,
    ),
    Shape("tiktok", "draft to the inbox", [FILM], (INBOX_INIT, LAST, STATUS), LAST, mode="draft"),
    Shape("tiktok", "video with a token at its end", [FILM], (TOKEN,), LAST, aged=True),
    Shape(
        "instagram",
        "image",
        JPEGS[:1],
        (
            LIMIT,
            CREATE,
            CONTAINER,
            PUBLISHED,
            MEDIUM,
            after(LOST, CONTAINER, "media_publish", skip=1),
            after(LOST, LIST, "media_publish"),
        ),
        PUBLISHED,
    ),
    Shape(
        "instagram",
        "carousel",
        JPEGS,
        (
            CREATE._replace(name="media of the first image"),
            CREATE._replace(name="media of the second image", skip=1),
            CREATE._replace(name="media of the carousel", skip=2),
            CONTAINER,
            PUBLISHED,
        ),
        PUBLISHED,
    ),
    Shape("instagram", "reel", [FILM], (CREATE, CONTAINER, PUBLISHED), PUBLISHED),
    Shape(
        "instagram",
        "image that takes long to show",
        JPEGS[:1],
        (PUBLISHED,),
        PUBLISHED,
        person={"publish_s": 60, "listing_s": 60, "status_s": 20},
    ),
    Shape("instagram", "image with a token at its end", JPEGS[:1], (EXTEND,), PUBLISHED, aged=True),
)

PLATFORMS = sorted({shape.platform for shape in SHAPES})
