"""Containers: created from a file's URL, processed over time, validated.

As documented (IG User Media, IG Container): a carousel needs finished containers of images and videos, never
reels; only carousel items may be in one.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from tests.peers.simulators.clock import SimulatorClock
from tests.peers.simulators.instagram_calls import caller, fields, parameters
from tests.peers.simulators.instagram_errors import Denied, Refusal
from tests.peers.simulators.instagram_files import IMAGE_BYTES_MAX, VIDEO_BYTES_MAX, fetch, judge_film, judge_image
from tests.peers.simulators.instagram_state import (
    PUBLISH,
    Container,
    InstagramPerson,
    InstagramState,
    MediumKind,
    Status,
)
from tests.peers.simulators.ledger import Entry, Ledger
from tests.peers.simulators.routing import Request, SimReply, as_json

CHILDREN = range(2, 11)

_SAID = {
    Status.IN_PROGRESS: "In Progress: Media is still being processed.",
    Status.FINISHED: "Finished: Media has been uploaded and it is ready to be published.",
    Status.EXPIRED: "Expired: The container was not published within 24 hours and has expired.",
    Status.PUBLISHED: "Published: Media has been successfully published.",
}


class Containers:
    def __init__(self, state: InstagramState, clock: SimulatorClock, ledger: Ledger) -> None:
        self._state, self._clock, self._ledger = state, clock, ledger

    async def create(self, request: Request) -> SimReply:
        now = self._clock.now()
        person = caller(self._state, request, now, PUBLISH)
        container = self._read(person, parameters(request), now)
        if person.fetches_first and container.url:
            await self._look(container)
            if container.refusal:
                raise Denied(container.refusal)
        self._keep(container)
        self._clock.start(self._process(person, container))
        return as_json({"id": container.id})

    def _read(self, person: InstagramPerson, asked: Mapping[str, str], now: float) -> Container:
        kind, url = kind_of(asked), asked.get("image_url") or asked.get("video_url") or ""
        is_item = asked.get("is_carousel_item") == "true"
        if kind is not MediumKind.CAROUSEL:
            check_url(url)
        check_belongs(kind, asked, is_item=is_item)
        check(asked.get("caption", ""))
        return Container(
            id=self._state.number(17_890_000_000_000_000),
            username=person.username,
            kind=kind,
            url=url,
            caption=asked.get("caption", ""),
            is_ai_generated=asked.get("is_ai_generated") == "true",
            is_item=is_item,
            children=self._children(person, asked, now) if kind is MediumKind.CAROUSEL else (),
            created_at=now,
        )

    def _children(self, person: InstagramPerson, asked: Mapping[str, str], now: float) -> tuple[str, ...]:
        ids = tuple(asked.get("children", "").translate(_UNLISTED).split())
        if len(ids) not in CHILDREN or len(set(ids)) != len(ids):
            raise Denied("carousel_size")
        for id_ in ids:
            child = self._state.container(person, id_)
            if child is None or not child.is_item:
                raise Denied("parameter", why=f"{id_} is no carousel item of this account")
            if self._state.status(child, now) is not Status.FINISHED:
                raise Denied("not_ready")
        return ids

    def _keep(self, container: Container) -> None:
        self._state.containers[container.id] = container
        if not container.is_item:
            self._ledger.begin(
                Entry(
                    key=container.id,
                    account=container.username,
                    caption=container.caption,
                    kind=container.kind,
                    begun_at=container.created_at,
                    ai_label=container.is_ai_generated,
                )
            )

    async def _process(self, person: InstagramPerson, container: Container) -> None:
        if container.url and not container.sha256:
            await self._look(container)
        for child in container.children:
            container.sha256 += self._state.containers[child].sha256
        takes_s = person.video_s if container.kind in {MediumKind.VIDEO, MediumKind.REEL} else person.image_s
        await self._clock.sleep_until(container.created_at + takes_s)
        container.done = True

    async def _look(self, container: Container) -> None:
        film = container.kind is not MediumKind.IMAGE
        bytes_max = VIDEO_BYTES_MAX if film else IMAGE_BYTES_MAX
        found = await fetch(container.url, bytes_max=bytes_max)
        if isinstance(found, Refusal):
            container.refusal = found
            return
        container.sha256 = [hashlib.sha256(found).hexdigest()]
        container.refusal = await asyncio.to_thread(judge_film if film else judge_image, found)

    def respond(self, request: Request, container: Container) -> SimReply:
        """Return the response of `GET /{container}`."""
        status = self._state.status(container, self._clock.now())
        said = _SAID.get(status, "")
        if status is Status.ERROR and container.refusal:
            said = f"Error: Media upload has failed with error code {container.refusal.subcode}"
        return as_json(fields(request, {"id": container.id, "status_code": status, "status": said}))


#: Separators of lists: commas, JSON or PHP notation.
_UNLISTED = str.maketrans(dict.fromkeys(",[]\"'", " "))


def kind_of(asked: Mapping[str, str]) -> MediumKind:
    """Return the kind; a media type that contradicts the URL parameter is refused."""
    said, video, image = asked.get("media_type", ""), "video_url" in asked, "image_url" in asked
    if video and image:
        raise Denied("parameter", why="give either image_url or video_url")
    if said == "VIDEO" and asked.get("is_carousel_item") != "true":
        raise Denied("video_gone")
    wanted = {"": image, "IMAGE": image, "VIDEO": video, "REELS": video, "CAROUSEL": not video and not image}
    if said not in wanted:
        raise Denied("unknown_type", type=said)
    if not wanted[said]:
        raise Denied("parameter", why=f"media_type {said or 'IMAGE'} doesn't go with these addresses")
    return {"VIDEO": MediumKind.VIDEO, "REELS": MediumKind.REEL, "CAROUSEL": MediumKind.CAROUSEL}.get(
        said, MediumKind.IMAGE
    )


def check_url(url: str) -> None:
    """Check that the URL is ASCII, as the reference requires."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isascii() or " " in url:
        raise Denied("fetch_failed", uri=url)


def check_belongs(kind: MediumKind, asked: Mapping[str, str], *, is_item: bool) -> None:
    """Refuse parameters that belong to another kind."""
    if is_item and (kind in {MediumKind.REEL, MediumKind.CAROUSEL} or asked.get("caption")):
        raise Denied("parameter", why="a carousel item is an image or a video without a caption")
    if "children" in asked and kind is not MediumKind.CAROUSEL:
        raise Denied("parameter", why="children only go with CAROUSEL")
    if asked.get("alt_text") and kind is not MediumKind.IMAGE:
        raise Denied("parameter", why="alt_text only goes with an image")
    check_alt_text(asked.get("alt_text", ""))
    check_ai_label(asked, is_item=is_item)


CAPTION_MAX, HASHTAGS_MAX, MENTIONS_MAX, ALT_TEXT_MAX = 2200, 30, 20, 1000

_HASHTAG = re.compile(r"(?<![\w&])[#＃]\w+")
_MENTION = re.compile(r"(?<![\w.])[@＠][\w.]+")


def check(caption: str) -> None:
    """Check the caption's limits. Meta doesn't define characters: UTF-16 units are the strictest reading."""
    length = len(caption.encode("utf-16-le")) // 2
    if length > CAPTION_MAX:
        raise Denied("caption_too_long", length=length)
    hashtags = len(_HASHTAG.findall(caption))
    if hashtags > HASHTAGS_MAX:
        raise Denied("too_many_hashtags", count=hashtags)
    if len(_MENTION.findall(caption)) > MENTIONS_MAX:
        raise Denied("too_many_tags")


def check_alt_text(text: str) -> None:
    if len(text.encode("utf-16-le")) // 2 > ALT_TEXT_MAX:
        raise Denied("parameter", why=f"alt_text may have at most {ALT_TEXT_MAX} characters")


def check_ai_label(asked: Mapping[str, str], *, is_item: bool) -> None:
    """Check the AI label (changelog of 2026-06-22): of a carousel, only its own container accepts it."""
    response = asked.get("is_ai_generated")
    if response not in {None, "true", "false"}:
        raise Denied("parameter", why="is_ai_generated must be true or false")
    if response is not None and is_item:
        raise Denied("parameter", why="a carousel item takes no is_ai_generated")
