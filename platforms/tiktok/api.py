"""Client of TikTok's Content Posting API.

Written from its documentation and tested with this project's simulator: it was never tested with the real
TikTok.
"""

from typing import Any, Generic, TypeVar

import msgspec

from platforms.tiktok import errors
from platforms.tiktok.errors import TikTokErrorBody
from schemas.errors import PlatformRefusal, PostNotSent
from workers.platforms import http
from workers.platforms.http import PlatformApi, PlatformResponse

TIKTOK_JSON_HEADERS = {"Content-Type": "application/json; charset=UTF-8"}

T = TypeVar("T")


class TikTokEnvelope(msgspec.Struct, Generic[T]):
    """Envelope of a response; `data` is read only if `error.code` is `ok`."""

    data: T


class TikTokErrorEnvelope(msgspec.Struct):
    """The `error` of an envelope, read first."""

    error: TikTokErrorBody


class TikTokCreatorInfo(msgspec.Struct):
    """creator_info: the account's current options. Its privacy levels are TikTok's words."""

    privacy_level_options: list[str]
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    max_video_post_duration_sec: int | None = None


class TikTokApiUser(msgspec.Struct):
    """The account of a token. `username` is its handle, without the @."""

    open_id: str
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""


class TikTokUserInfo(msgspec.Struct):
    user: TikTokApiUser


class TikTokPublishInitData(msgspec.Struct):
    """Response to an init. `upload_url` is a secret, and empty for photos."""

    publish_id: str
    upload_url: str = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.publish_id})"


class TikTokPublishStatus(msgspec.Struct):
    """Status of a post. `publicaly_available_post_id` (TikTok's spelling) has numbers beyond a float's."""

    status: str
    fail_reason: str = ""
    publicaly_available_post_id: list[int | str] = []
    uploaded_bytes: int | None = None


async def get_tiktok_user(api: PlatformApi) -> TikTokApiUser:
    url = f"{api.base}/v2/user/info/?fields=open_id,avatar_url,display_name,username"
    return decode_tiktok_envelope_data(await api.send_request("GET", url), TikTokUserInfo).user


async def get_tiktok_creator_info(api: PlatformApi) -> TikTokCreatorInfo:
    """Return the account's posting options; TikTok requires this read before each post. Raise a `PlatformError`."""
    return await call_tiktok_publish_api(api, "creator_info/query", b"{}", TikTokCreatorInfo)


async def init_tiktok_video_post(api: PlatformApi, path: str, body: bytes) -> TikTokPublishInitData:
    """Begin a video post at TikTok by `video/init` or `inbox/video/init`; return its id and upload URL.

    A lost response leaves a hidden empty post. Raises `PostNotSent` without a URL, any other `PlatformError`.
    """
    started = await call_tiktok_publish_api(api, path, body, TikTokPublishInitData)
    if not started.upload_url:
        raise PostNotSent("PLATFORM_UNREADABLE", "TikTok returned no address for the video's upload")
    return started


async def publish_tiktok_photos(api: PlatformApi, body: bytes, *, timeout_s: float) -> TikTokPublishInitData:
    """Publish a photo post at TikTok, irreversibly; return its publish id.

    TikTok fetches the photos and creates the post, even if the response is lost.
    """
    return await call_tiktok_publish_api(
        api, "content/init", body, TikTokPublishInitData, timeout_s=timeout_s, irreversible=True
    )


async def get_tiktok_post_status(api: PlatformApi, publish_id: str) -> TikTokPublishStatus:
    """Return TikTok's status of a post, by its publish id.

    A failed query proves nothing about the post: a `PlatformRefusal` of the call is raised as `PostNotSent`.
    """
    try:
        body = msgspec.json.encode({"publish_id": publish_id})
        return await call_tiktok_publish_api(api, "status/fetch", body, TikTokPublishStatus)
    except PlatformRefusal as error:
        raise PostNotSent(error.code, error.message, category=error.category) from error


async def call_tiktok_publish_api(
    api: PlatformApi,
    path: str,
    body: bytes,
    kind: type[T],
    *,
    timeout_s: float = http.PLATFORM_REQUEST_TIMEOUT_S,
    irreversible: bool = False,
) -> T:
    url = f"{api.base}/v2/post/publish/{path}/"
    answer = await api.send_request(
        "POST", url, headers=TIKTOK_JSON_HEADERS, content=body, timeout_s=timeout_s, irreversible=irreversible
    )
    return decode_tiktok_envelope_data(answer, kind)


def decode_tiktok_envelope_data(answer: PlatformResponse, kind: type[T]) -> T:
    """Return the `data` of a successful TikTok response: a 2xx with the code `ok`.

    Raise the `PlatformError` that `errors.build_tiktok_error` chooses for any other.
    """
    body = decode_error_object_of_tiktok_response(answer)
    if body.code != errors.TIKTOK_OK_ERROR_CODE or not answer.ok:
        raise errors.build_tiktok_error(answer, body)
    read: Any = http.decode_platform_response(answer, TikTokEnvelope[kind])  # type: ignore[valid-type]
    data: T = read.data
    return data


def decode_error_object_of_tiktok_response(answer: PlatformResponse) -> TikTokErrorBody:
    """Return the `error` object of a TikTok response; its code is `ok` for a success.

    For a body without one, such as that of a proxy, return an empty error. Raises the error of
    `http.build_unclear_or_retryable_response_error` if such a response is a 2xx.
    """
    try:
        return msgspec.json.decode(answer.body, type=TikTokErrorEnvelope).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if answer.ok:
            raise http.build_unclear_or_retryable_response_error(answer) from None
        return TikTokErrorBody()
