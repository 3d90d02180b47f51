"""Calls to TikTok's Content Posting API (research 5.1). What a call means that failed, `errors` says.

Written from its documentation and tried against a simulator of ours: it has never met the real TikTok.
"""

from collections.abc import AsyncIterable
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from schemas.errors import NotSent, Outdated, Rejected
from workers.platforms import http
from workers.platforms.http import Answer
from workers.platforms.tiktok import errors
from workers.platforms.tiktok.errors import Told

JSON = {"Content-Type": "application/json; charset=UTF-8"}
#: For one chunk of at most 10 MiB.
CHUNK_S = 60.0

T = TypeVar("T")


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """As whom to ask: `base` is the API's address without a slash at its end."""

    client: httpx.AsyncClient
    base: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def __repr__(self) -> str:
        return f"Api({self.base})"


class Envelope(msgspec.Struct, Generic[T]):
    """What comes around every answer; `data` is only read where `error` is `ok`."""

    data: T


class Failing(msgspec.Struct):
    """The other half of it, read first."""

    error: Told


class Creator(msgspec.Struct):
    """creator_info: what the account may do now; its levels are TikTok's words."""

    privacy_level_options: list[str]
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    max_video_post_duration_sec: int | None = None


class Person(msgspec.Struct):
    """Whose token it is. `username` is the handle, without its @."""

    open_id: str
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""


class Info(msgspec.Struct):
    user: Person


class Begun(msgspec.Struct):
    """What an init gives; photos have no address to upload to, which is a secret."""

    publish_id: str
    upload_url: str = ""

    def __repr__(self) -> str:
        return f"Begun({self.publish_id})"


class Status(msgspec.Struct):
    """`publicaly_available_post_id` is TikTok's spelling: numbers, beyond what a float holds."""

    status: str
    fail_reason: str = ""
    publicaly_available_post_id: list[int | str] = []
    uploaded_bytes: int | None = None


async def user_info(api: Api) -> Person:
    url = f"{api.base}/v2/user/info/?fields=open_id,avatar_url,display_name,username"
    answer = await http.ask(api.client, "GET", url, headers=api.headers)
    return opened(answer, Info).user


async def creator_info(api: Api) -> Creator:
    """20 a minute for each token."""
    return opened(await ask(api, "creator_info/query", b"{}"), Creator)


async def init(api: Api, path: str, body: bytes) -> Begun:
    """`video/init` or `inbox/video/init`: 6 a minute for each token. One whose answer is lost stays empty."""
    begun = opened(await ask(api, path, body), Begun)
    if not begun.upload_url:
        raise NotSent("PLATFORM_UNREADABLE", "TikTok gave no address to upload the video to")
    return begun


async def content_init(api: Api, body: bytes, *, timeout_s: float) -> Begun:
    """Photos: from here on TikTok fetches them and makes the post, whatever becomes of the answer."""
    return opened(await ask(api, "content/init", body, timeout_s=timeout_s, irreversible=True), Begun)


async def status(api: Api, publish_id: str) -> Status:
    """30 a minute for each token. A refusal says nothing of the post: `NotSent`, if it isn't the token's."""
    try:
        return opened(await ask(api, "status/fetch", msgspec.json.encode({"publish_id": publish_id})), Status)
    except Rejected as error:
        raise NotSent(error.code, error.message, category=error.category) from error


async def put(
    client: httpx.AsyncClient,
    url: str,
    content: AsyncIterable[bytes],
    *,
    mime_type: str,
    start: int,
    end: int,
    total: int,
    timeout_s: float = CHUNK_S,
    irreversible: bool = False,
) -> Answer:
    """The bytes from `start` up to, without, `end`. 206 while some are missing, 201 at the last.

    Raises `Outdated` where the address is of no more use, which refuses any byte.
    """
    headers = {
        "Content-Type": mime_type,
        "Content-Length": str(end - start),
        "Content-Range": f"bytes {start}-{end - 1}/{total}",
    }
    answer = await http.ask(
        client, "PUT", url, headers=headers, content=content, timeout_s=timeout_s, irreversible=irreversible
    )
    if answer.status in {403, 404}:
        raise Outdated("UPLOAD_EXPIRED", "TikTok's address for the video has expired: it is uploaded anew")
    return answer


async def ask(
    api: Api, path: str, body: bytes, *, timeout_s: float = http.READ_S, irreversible: bool = False
) -> Answer:
    url = f"{api.base}/v2/post/publish/{path}/"
    headers = {**api.headers, **JSON}
    return await http.ask(
        api.client, "POST", url, headers=headers, content=body, timeout_s=timeout_s, irreversible=irreversible
    )


def opened(answer: Answer, kind: type[T]) -> T:
    """The `data` of an answer that says `ok`. Raises what else it means."""
    told = said(answer)
    if told.code != errors.OK or not answer.ok:
        raise errors.refusal(answer, told)
    read: Any = http.read(answer, Envelope[kind])  # type: ignore[valid-type]
    data: T = read.data
    return data


def said(answer: Answer) -> Told:
    """An empty one where the body isn't the API's own: a proxy before it has answered."""
    try:
        return msgspec.json.decode(answer.body, type=Failing).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if answer.ok:
            raise http.failed(answer) from None
        return Told()
