"""Client of the Instagram API with Instagram Login, at the Graph API.

The token goes into a header, never into an address. An object comes by itself or as the only item of a list
`data`: the documentation shows both.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from domain.accounts.client_registrations import OAuthClient
from platforms.instagram import errors
from schemas.errors import AccountReauthRequired, PlatformError, PlatformRefusal
from workers.platforms import http
from workers.platforms.graph_version import META_GRAPH_API_VERSION
from workers.platforms.http import PlatformApi, PlatformResponse

#: Posts in a page of an account's list.
INSTAGRAM_MEDIA_PAGE_SIZE = 50

T = TypeVar("T")


class InstagramShortLivedToken(msgspec.Struct, frozen=True):
    """A token for an hour, and its owner's permissions (a list, or comma-separated)."""

    access_token: str
    permissions: str | list[str] = ""

    def has_scope(self, scope: str) -> bool:
        """Return whether the account's owner granted a scope to this token.

        True too if the token response lists no scopes: then later calls show a missing one.
        """
        listed = self.permissions
        return not listed or scope in (listed.split(",") if isinstance(listed, str) else listed)

    def __repr__(self) -> str:
        return "ShortLived()"


class InstagramSixtyDayToken(msgspec.Struct, frozen=True):
    """A token for 60 days; `expires_in` is in seconds."""

    access_token: str
    expires_in: int

    def __repr__(self) -> str:
        return "LongLived()"


class InstagramUser(msgspec.Struct):
    """The account of a token; `user_id` is the same for every application."""

    user_id: str | int
    username: str
    profile_picture_url: str | None = None


class InstagramQuotaConfig(msgspec.Struct):
    """A quota: posts in any window of this many seconds."""

    quota_total: int
    quota_duration: int


class InstagramQuotaUsage(msgspec.Struct):
    """Use of an account's publishing quota."""

    quota_usage: int
    config: InstagramQuotaConfig


class CreatedGraphObject(msgspec.Struct):
    """A new container or post."""

    id: str


class MediaContainerStatus(msgspec.Struct):
    """Status of a container: IN_PROGRESS, FINISHED, ERROR, EXPIRED (after 24 h) or PUBLISHED."""

    status_code: str
    status: str = ""


class ListedInstagramPost(msgspec.Struct):
    """A post of the account. `timestamp` is ISO 8601, its offset without a colon."""

    id: str
    caption: str = ""
    timestamp: str = ""
    permalink: str | None = None

    @property
    def published_at(self) -> datetime | None:
        return http.parse_platform_time(self.timestamp)


class GraphCursors(msgspec.Struct):
    after: str = ""


class GraphPaging(msgspec.Struct):
    """Links of a page. `next` contains the token, and is only used to detect another page."""

    cursors: GraphCursors = msgspec.field(default_factory=GraphCursors)
    next: str | None = None


class InstagramMediaPage(msgspec.Struct):
    data: list[ListedInstagramPost]
    paging: GraphPaging = msgspec.field(default_factory=GraphPaging)


class InstagramCodeExchangeErrorBody(msgspec.Struct):
    """The error of a code exchange, which has no number."""

    error_message: str = ""


async def exchange_code_for_hour_token(
    client: httpx.AsyncClient, base: str, us: OAuthClient, form: Mapping[str, str]
) -> InstagramShortLivedToken:
    """Exchange the one-time code of an OAuth consent for an Instagram token of an hour, and return the token.

    A code works once. Raises `AccountReauthRequired` if Instagram refuses the code, any other `PlatformError`.
    """
    fields = {**us._asdict(), **form}
    answer = await PlatformApi(client=client, base=base).post_form("/oauth/access_token", fields)
    if not answer.ok:
        raise _build_code_exchange_error(answer)
    return decode_graph_object(answer, InstagramShortLivedToken)


async def exchange_for_sixty_day_token(api: PlatformApi, *, client_secret: str) -> InstagramSixtyDayToken:
    """Exchange a token of an hour for one of 60 days; Instagram wants the secret in the URL. Raise `PlatformError`."""
    query = {"grant_type": "ig_exchange_token", "client_secret": client_secret}
    return http.decode_platform_response(
        await send_instagram_get_request(api, "access_token", query), InstagramSixtyDayToken
    )


async def extend_sixty_day_token(api: PlatformApi) -> InstagramSixtyDayToken:
    """Extend an Instagram token to 60 days from now; return the new token.

    Instagram refuses a token that has expired or is younger than 24 h. Raises `PlatformError`.
    """
    return http.decode_platform_response(
        await send_instagram_get_request(api, "refresh_access_token", {"grant_type": "ig_refresh_token"}),
        InstagramSixtyDayToken,
    )


async def get_instagram_user(api: PlatformApi) -> InstagramUser:
    return decode_graph_object(
        await get_from_graph_api(api, "me", {"fields": "user_id,username,profile_picture_url"}), InstagramUser
    )


async def get_instagram_quota_usage(api: PlatformApi, account_id: str) -> InstagramQuotaUsage:
    path = f"{url_quote_path_part(account_id)}/content_publishing_limit"
    return decode_graph_object(
        await get_from_graph_api(api, path, {"fields": "quota_usage,config"}), InstagramQuotaUsage
    )


async def create_media_container(api: PlatformApi, account_id: str, **fields: str) -> str:
    """Create a container, and return its id. It is invisible until it is published. Raise a `PlatformError`."""
    answer = await api.post_form(f"/{META_GRAPH_API_VERSION}/{url_quote_path_part(account_id)}/media", fields)
    return http.decode_platform_response(answer.require_success(errors.parse_graph_error), CreatedGraphObject).id


async def get_container_status(api: PlatformApi, container: str) -> MediaContainerStatus:
    """Return a container's status, safe to quote. Raise `PostPreparationExpired` if unknown, or `PlatformError`."""
    answer = await get_from_graph_api(api, url_quote_path_part(container), {"fields": "status_code,status"})
    status = decode_graph_object(answer, MediaContainerStatus)
    return msgspec.structs.replace(status, status=answer.quote_message(status.status))


async def publish_container(api: PlatformApi, account_id: str, container: str, *, timeout_s: float) -> str:
    """Publish a container, irreversibly; return the post's id. Raise `PostOutcomeUnknown` or any `PlatformError`."""
    path, fields = (
        f"/{META_GRAPH_API_VERSION}/{url_quote_path_part(account_id)}/media_publish",
        {"creation_id": container},
    )
    answer = await api.post_form(path, fields, timeout_s=timeout_s, irreversible=True)
    return http.decode_platform_response(answer.require_success(errors.parse_graph_error), CreatedGraphObject).id


async def get_permalink(api: PlatformApi, media_id: str, *, timeout_s: float) -> str | None:
    answer = await get_from_graph_api(api, url_quote_path_part(media_id), {"fields": "permalink"}, timeout_s=timeout_s)
    return decode_graph_object(answer, ListedInstagramPost).permalink


async def list_account_media(api: PlatformApi, account_id: str, *, after: str | None) -> InstagramMediaPage:
    """Return a page of the account's posts, newest first; with `after`, those after that cursor."""
    query = {"fields": "id,caption,timestamp,permalink", "limit": str(INSTAGRAM_MEDIA_PAGE_SIZE)}
    query |= {} if after is None else {"after": after}
    return http.decode_platform_response(
        await get_from_graph_api(api, f"{url_quote_path_part(account_id)}/media", query), InstagramMediaPage
    )


async def get_from_graph_api(
    api: PlatformApi, path: str, query: Mapping[str, str], *, timeout_s: float = http.PLATFORM_REQUEST_TIMEOUT_S
) -> PlatformResponse:
    """Send a GET to a path of Meta's Graph API at `META_GRAPH_API_VERSION`; return the 2xx response.

    Raises the `PlatformError` of any other response.
    """
    return await send_instagram_get_request(api, f"{META_GRAPH_API_VERSION}/{path}", query, timeout_s=timeout_s)


async def send_instagram_get_request(
    api: PlatformApi, path: str, query: Mapping[str, str], *, timeout_s: float = http.PLATFORM_REQUEST_TIMEOUT_S
) -> PlatformResponse:
    answer = await api.send_request("GET", f"{api.base}/{path}?{urlencode(query)}", timeout_s=timeout_s)
    return answer.require_success(errors.parse_graph_error)


def decode_graph_object(answer: PlatformResponse, kind: type[T]) -> T:
    """Decode an Instagram response as `kind`: the JSON body itself, or the first item of its list `data`.

    Raises the error of `http.build_unclear_or_retryable_response_error` if the body is not such an object.
    """
    body = http.decode_platform_response(answer, dict[str, Any])
    item = body["data"][0] if isinstance(body.get("data"), list) and body["data"] else body
    try:
        return msgspec.convert(item, kind)
    except msgspec.ValidationError as error:
        raise http.build_unclear_or_retryable_response_error(answer) from error


def url_quote_path_part(name: str) -> str:
    return quote(name, safe="")


def _build_code_exchange_error(answer: PlatformResponse) -> PlatformError:
    """Return the error for Instagram's refusal of a one-time code, chosen by the response's message alone.

    `PlatformRefusal` if Instagram refuses this application, `AccountReauthRequired` if it refuses the code. For
    a 5xx or a redirect, the error leaves the result open.
    """
    if not answer.was_refused_before_write:
        return http.build_unclear_or_retryable_response_error(answer)
    message = http.decode_platform_error(answer, InstagramCodeExchangeErrorBody).error_message
    if "client" in message.lower() or "platform app" in message.lower():
        return PlatformRefusal(
            "APP_REFUSED",
            f"Instagram refuses this server's application: tell its operator ({answer.quote_message(message)})",
            category="config",
        )
    return AccountReauthRequired("CODE_REFUSED", answer.quote_message(message))
