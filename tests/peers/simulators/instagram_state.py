"""Instagram's people, tokens, containers and media. Times are seconds of its own clock."""

import itertools
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from tests.peers.simulators.instagram_errors import Refusal

DAY_S = 24 * 60 * 60
#: Lifetime of an unpublished container.
CONTAINER_S = DAY_S

BASIC, PUBLISH = "instagram_business_basic", "instagram_business_content_publish"
INSIGHTS = "instagram_business_manage_insights"


class InstagramPerson(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A professional account, with the platform's behavior for it.

    `user_id` is the account's id and used in paths, `scoped_id` the id for our application. `image_s`,
    `video_s`: duration of a container's processing. `fetches_first`: the file is fetched before the
    container's response, which then reports its errors; both happen in reality. `publish_s`: from an accepted
    publish to the public post; `listing_s`: from there to its entry in the media list; `status_s`: time after
    an accepted publish for which the container is still FINISHED. `hides`: omitted fields of media. `flat`:
    token and account responses in the form seen in practice, not in the documented list. `insights_s`: time
    after publication without insights.
    """

    username: str
    user_id: str
    scoped_id: str
    quota_total: int = 50
    image_s: float = 2.0
    video_s: float = 30.0
    fetches_first: bool = False
    publish_s: float = 0.0
    listing_s: float = 0.0
    status_s: float = 0.0
    hides: list[str] = msgspec.field(default_factory=list)
    flat: bool = False
    followers: int = 0
    insights_s: float = 0.0


class InstagramToken(msgspec.Struct, kw_only=True):
    """An access token; `broken` names the refusal of its calls."""

    value: str
    username: str
    permissions: tuple[str, ...]
    long_lived: bool
    issued_at: float
    expires_at: float
    code: str
    broken: str | None = None


class Status(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"
    PUBLISHED = "PUBLISHED"


class MediumKind(StrEnum):
    """Kinds of media, as the media list names them; it reports a reel as a video."""

    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    REEL = "REELS"
    CAROUSEL = "CAROUSEL_ALBUM"


class Container(msgspec.Struct, kw_only=True):
    """A container. `done`: processed, or refused (`refusal`); its accepted publish sets `media_id`."""

    id: str
    username: str
    kind: MediumKind
    url: str
    caption: str
    is_ai_generated: bool
    is_item: bool
    children: tuple[str, ...]
    created_at: float
    done: bool = False
    refusal: Refusal | None = None
    sha256: list[str] = msgspec.field(default_factory=list)
    media_id: str | None = None


class Medium(msgspec.Struct, kw_only=True):
    """A post. `accepted_at` None: made by hand; it is public from `live_at` until `deleted`.

    `viewers` is their number, `figures` the insights by name; missing ones are 0.
    """

    id: str
    username: str
    caption: str
    kind: MediumKind
    code: str
    live_at: float
    listed_at: float
    accepted_at: float | None = None
    is_ai_generated: bool = False
    deleted: bool = False
    viewers: int = 100
    figures: dict[str, int] = msgspec.field(default_factory=dict)


class InstagramState:
    """All state. Ids are never reused, and look like Instagram's."""

    def __init__(self) -> None:
        self.people: dict[str, InstagramPerson] = {}
        self.tokens: dict[str, InstagramToken] = {}
        self.containers: dict[str, Container] = {}
        self.media: dict[str, Medium] = {}
        self._numbers = itertools.count(1)

    def number(self, start: int) -> str:
        return str(start + next(self._numbers))

    def container(self, person: InstagramPerson, id_: str) -> Container | None:
        found = self.containers.get(id_)
        return found if found and found.username == person.username else None

    def media_of(self, person: InstagramPerson) -> Iterator[Medium]:
        return (medium for medium in self.media.values() if medium.username == person.username)

    def status(self, container: Container, now: float) -> Status:
        """Return the container's status: in progress between an accepted publish and the public post."""
        if container.media_id:
            return self._after_publish(self.media[container.media_id], now)
        if container.done and container.refusal:
            return Status.ERROR
        if now >= container.created_at + CONTAINER_S:
            return Status.EXPIRED
        return Status.FINISHED if container.done else Status.IN_PROGRESS

    def _after_publish(self, medium: Medium, now: float) -> Status:
        if medium.accepted_at and now < medium.accepted_at + self.people[medium.username].status_s:
            return Status.FINISHED
        return Status.PUBLISHED if now >= medium.live_at else Status.IN_PROGRESS

    def published(self, person: InstagramPerson, now: float) -> int:
        """Count the accepted publishes of the last day."""
        times = (medium.accepted_at for medium in self.media_of(person) if medium.accepted_at is not None)
        return sum(time > now - DAY_S for time in times)
