"""Publishing of containers, and the public media."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from tests.peers.simulators.clock import SimulatorClock
from tests.peers.simulators.instagram_calls import caller, fields, parameters
from tests.peers.simulators.instagram_errors import Denied
from tests.peers.simulators.instagram_state import (
    DAY_S,
    PUBLISH,
    Container,
    InstagramPerson,
    InstagramState,
    Medium,
    MediumKind,
    Status,
)
from tests.peers.simulators.routing import Request, SimReply, as_json

PAGE, PAGE_MAX = 25, 100


class Media:
    """Handlers of media. `base` is the simulator's address, once it has started."""

    def __init__(self, state: InstagramState, clock: SimulatorClock) -> None:
        self._state, self._clock, self.base = state, clock, ""

    async def publish(self, request: Request) -> SimReply:
        """Publish a container. From here on the post exists, even if the response is lost."""
        now = self._clock.now()
        person = caller(self._state, request, now, PUBLISH)
        creation_id = parameters(request).get("creation_id")
        if not creation_id:
            raise Denied("parameter", why="creation_id is required")
        container = self._state.container(person, creation_id)
        if container is None or container.media_id:
            raise Denied("builder_gone", id=creation_id)
        self._check(person, container, now)
        medium = self.add(person, container.caption, container.kind, now + person.publish_s, accepted_at=now)
        medium.is_ai_generated = container.is_ai_generated
        container.media_id = medium.id
        for id_ in container.children:
            self._state.containers[id_].media_id = medium.id
        return as_json({"id": medium.id})

    def _check(self, person: InstagramPerson, container: Container, now: float) -> None:
        if container.is_item:
            raise Denied("parameter", why="a carousel item can't be published on its own")
        status = self._state.status(container, now)
        if status is Status.EXPIRED:
            raise Denied("builder_gone", id=container.id)
        if status is Status.ERROR:
            raise Denied("create_failed")
        if status is not Status.FINISHED:
            raise Denied("not_ready")
        if any(self._state.containers[id_].media_id for id_ in container.children):
            raise Denied("media_not_found", id=container.id)
        if self._state.published(person, now) >= person.quota_total:
            raise Denied("daily_limit")

    def add(
        self, person: InstagramPerson, caption: str, kind: MediumKind, live_at: float, accepted_at: float | None = None
    ) -> Medium:
        id_ = self._state.number(18_010_000_000_000_000)
        medium = Medium(
            id=id_,
            username=person.username,
            caption=caption,
            kind=kind,
            code=base64.urlsafe_b64encode(int(id_).to_bytes(8)).decode().rstrip("="),
            live_at=live_at,
            listed_at=live_at + person.listing_s,
            accepted_at=accepted_at,
        )
        self._state.media[id_] = medium
        return medium

    async def limit(self, request: Request) -> SimReply:
        now = self._clock.now()
        person = caller(self._state, request, now, PUBLISH)
        known = {
            "quota_usage": self._state.published(person, now),
            "config": {"quota_total": person.quota_total, "quota_duration": DAY_S},
        }
        names = request.query.get("fields", "quota_usage").split(",")
        for name in names:
            if name not in known:
                raise Denied("unknown_field", field=name)
        return as_json({"data": [{name: known[name] for name in names}]})

    async def listed(self, request: Request) -> SimReply:
        """List the media newest first, with cursors; the list lags behind the public posts."""
        now = self._clock.now()
        person = caller(self._state, request, now)
        own = [one for one in self._state.media_of(person) if not one.deleted and one.listed_at <= now]
        own.sort(key=lambda one: (one.live_at, int(one.id)), reverse=True)
        start, end = self._bounds(request, own)
        data = [fields(request, self._known(person, one), ()) for one in own[start:end]]
        if not data:
            return as_json({"data": []})
        return as_json({"data": data, "paging": self._paging(request, own, start, end)})

    def _bounds(self, request: Request, own: Sequence[Medium]) -> tuple[int, int]:
        try:
            limit = int(request.query.get("limit", PAGE))
            after = _id_of(request.query["after"]) if "after" in request.query else None
            start = 0 if after is None else [one.id for one in own].index(after) + 1
        except ValueError as error:
            raise Denied("parameter", why="limit must be a number, after a cursor") from error
        if not 1 <= limit <= PAGE_MAX:
            raise Denied("parameter", why=f"limit must be 1 to {PAGE_MAX}")
        return start, start + limit

    def _paging(self, request: Request, own: Sequence[Medium], start: int, end: int) -> dict[str, Any]:
        """Return the paging fields; the next page's address contains the caller's token, as Meta's does."""
        page = own[start:end]
        said: dict[str, Any] = {"cursors": {"before": _cursor(page[0].id), "after": _cursor(page[-1].id)}}
        if end < len(own):
            asked = {**request.query, "after": said["cursors"]["after"]}
            asked.setdefault("access_token", request.bearer() or "")
            said["next"] = f"{self.base}{request.path}?{urlencode(asked)}"
        return said

    def respond(self, request: Request, person: InstagramPerson, medium: Medium) -> SimReply:
        """Return the response of `GET /{media}`."""
        return as_json(fields(request, self._known(person, medium)))

    def public(self, medium: Medium, now: float) -> bool:
        return not medium.deleted and now >= medium.live_at

    def _known(self, person: InstagramPerson, medium: Medium) -> dict[str, Any]:
        reel = medium.kind is MediumKind.REEL
        known = {
            "id": medium.id,
            "caption": medium.caption,
            "timestamp": datetime.fromtimestamp(medium.live_at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "permalink": f"https://www.instagram.com/{'reel' if reel else 'p'}/{medium.code}/",
            "shortcode": medium.code,
            "media_type": MediumKind.VIDEO if reel else medium.kind,
            "media_product_type": "REELS" if reel else "FEED",
            "username": person.username,
            "is_ai_generated": medium.is_ai_generated,
            "like_count": medium.figures.get("likes", 0),
            "comments_count": medium.figures.get("comments", 0),
        }
        return known | dict.fromkeys(person.hides)


def _cursor(id_: str) -> str:
    return base64.urlsafe_b64encode(f"media:{id_}".encode()).decode()


def _id_of(cursor: str) -> str:
    """Return the media id of a cursor. Raises ValueError for an invalid one."""
    try:
        kind, _, id_ = base64.urlsafe_b64decode(cursor).decode().partition(":")
    except binascii.Error as error:
        raise ValueError(cursor) from error
    if kind != "media":
        raise ValueError(cursor)
    return id_
