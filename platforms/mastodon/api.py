"""Client of a server with Mastodon's client API (docs.joinmastodon.org/methods), with its errors.

Many programs have this API, with small differences: the account's `traits`, read at its connection, describe
its server's abilities.
"""

from collections.abc import AsyncIterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec

from domain.accounts.client_registrations import OAuthClient
from schemas.errors import AccountReauthRequired, PlatformError, PlatformRefusal, PlatformThrottled
from workers.platforms import http
from workers.platforms.connecting import OAUTH_CLIENT_UNKNOWN_ERROR_CODE
from workers.platforms.http import PLATFORM_JSON_CONTENT_TYPE_HEADER, PlatformResponse
from workers.platforms.upload import upload_file_to_platform

#: Limit of a list in bytes: some servers (snac) send all their posts for any requested number.
MAX_MASTODON_POST_LIST_BYTES = 8 << 20
#: Errors that mean a dead token, with any status.
DEAD_TOKEN_ERRORS = frozenset({"invalid_grant", "invalid_token", "The access token is invalid", "token_revoked"})


class MastodonApi(http.PlatformApi, frozen=True):
    """A server with Mastodon's API, and the access token for it."""

    def build_url(self, path: str, **query: str) -> str:
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")


class MastodonAppRegistration(msgspec.Struct, frozen=True):
    """This application's registration with a server. `client_secret` is a secret."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.client_id})"


class MastodonToken(msgspec.Struct, frozen=True):
    """An access token; `expires_in` is in seconds. Most servers' tokens never expire and have no refresh."""

    access_token: str
    refresh_token: str | None = None
    expires_in: int | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        return "Token()"


class MastodonIdentity(msgspec.Struct):
    """The account of a token. `acct` is its handle without the server's name."""

    id: str
    username: str
    acct: str = ""
    url: str | None = None
    avatar: str | None = None


class MastodonAttachment(msgspec.Struct):
    """An uploaded file, or one in a post."""

    id: str


class MastodonStatus(msgspec.Struct):
    """A post as a server returns it: `content` is HTML, `text` the sent text. A boost has `reblog`."""

    id: str
    content: str
    text: str | None = None
    uri: str | None = None
    url: str | None = None
    media_attachments: list[MastodonAttachment] = []
    reblog: dict[str, Any] | None = None


class MastodonErrorBody(msgspec.Struct):
    """The body of an error, for the API and OAuth."""

    error: str = ""
    error_description: str = ""


async def get_mastodon_server_info(client: httpx.AsyncClient, base: str) -> dict[str, Any]:
    """Return a server's self-description: `/api/v2/instance`, else version 1. Raise a `PlatformError` without both."""
    api = MastodonApi(client=client, base=base)
    newer = await api.send_request("GET", api.build_url("/api/v2/instance"))
    if newer.ok:
        return http.decode_platform_response(newer, dict[str, Any])
    return http.decode_platform_response(await get_checked_mastodon_response(api, "/api/v1/instance"), dict[str, Any])


async def register_mastodon_app(
    client: httpx.AsyncClient, base: str, *, name: str, redirect_uri: str, scopes: str, website: str
) -> MastodonAppRegistration:
    """Register this application with a Mastodon server; return its client id and secret.

    Each call (`POST /api/v1/apps`) creates another registration, so store it. Raises a `PlatformError`.
    """
    fields = {"client_name": name, "redirect_uris": redirect_uri, "scopes": scopes, "website": website}
    answer = await MastodonApi(client=client, base=base).post_form("/api/v1/apps", fields)
    return http.decode_platform_response(answer.require_success(build_mastodon_error), MastodonAppRegistration)


async def exchange_mastodon_token(
    client: httpx.AsyncClient, base: str, us: OAuthClient, form: Mapping[str, str]
) -> MastodonToken:
    """Exchange an OAuth code or a refresh token at a Mastodon server; return the access token.

    Raises `AccountReauthRequired` if the server no longer accepts the code or token, any other `PlatformError`.
    """
    return http.decode_platform_response(await call_mastodon_oauth(client, base, "token", us, form), MastodonToken)


async def revoke_mastodon_token(client: httpx.AsyncClient, base: str, us: OAuthClient, access_token: str) -> None:
    await call_mastodon_oauth(client, base, "revoke", us, {"token": access_token})


async def call_mastodon_oauth(
    client: httpx.AsyncClient, base: str, call: str, us: OAuthClient, form: Mapping[str, str]
) -> PlatformResponse:
    api = MastodonApi(client=client, base=base)
    answer = await api.post_form(f"/oauth/{call}", {**us._asdict(), **form})
    return answer.require_success(build_mastodon_error)


async def get_mastodon_user(api: MastodonApi) -> MastodonIdentity:
    return http.decode_platform_response(
        await get_checked_mastodon_response(api, "/api/v1/accounts/verify_credentials"), MastodonIdentity
    )


async def upload_mastodon_media(
    api: MastodonApi, content: AsyncIterable[bytes], *, content_type: str, size_bytes: int
) -> tuple[MastodonAttachment, bool]:
    """Upload a file as a multipart body to a Mastodon server; return the attachment and whether it is ready.

    The file is in the body's field `file`. A 202 means that it is still processed. Raises a `PlatformError`.
    """
    url = api.build_url("/api/v2/media")
    answer = await upload_file_to_platform(api, url, content, content_type=content_type, size_bytes=size_bytes)
    return http.decode_platform_response(
        answer.require_success(build_mastodon_error), MastodonAttachment
    ), answer.status != httpx.codes.ACCEPTED


async def is_mastodon_media_ready(api: MastodonApi, media_id: str) -> bool:
    """Return whether a Mastodon server has processed an uploaded file; it responds 206 until then.

    Raises `PlatformRefusal` if the processing failed, any `PlatformError`.
    """
    answer = await get_checked_mastodon_response(api, f"/api/v1/media/{quote(media_id, safe='')}")
    return answer.status != httpx.codes.PARTIAL_CONTENT


async def publish_mastodon_status(api: MastodonApi, body: bytes, *, key: str, timeout_s: float) -> MastodonStatus:
    """Publish a post, irreversibly; return it, or the first for a repeat if `key` was kept. Raise a `PlatformError`."""
    url, headers = api.build_url("/api/v1/statuses"), {**PLATFORM_JSON_CONTENT_TYPE_HEADER, "Idempotency-Key": key}
    answer = await api.send_request("POST", url, headers=headers, content=body, timeout_s=timeout_s, irreversible=True)
    return http.decode_platform_response(answer.require_success(build_mastodon_error), MastodonStatus)


async def list_mastodon_statuses(
    api: MastodonApi, account_id: str, *, limit: int, max_id: str | None = None
) -> list[MastodonStatus]:
    """Return the account's posts without boosts, newest first: `limit`, or more (snac); only before `max_id`."""
    query = {"limit": str(limit), "exclude_reblogs": "true"} | ({} if max_id is None else {"max_id": max_id})
    url = api.build_url(f"/api/v1/accounts/{quote(account_id, safe='')}/statuses", **query)
    answer = await api.send_request("GET", url, limit=MAX_MASTODON_POST_LIST_BYTES)
    return http.decode_platform_response(answer.require_success(build_mastodon_error), list[MastodonStatus])


async def get_checked_mastodon_response(api: MastodonApi, path: str, **query: str) -> PlatformResponse:
    return (await api.send_request("GET", api.build_url(path, **query))).require_success(build_mastodon_error)


def build_mastodon_error(answer: PlatformResponse) -> PlatformError:
    if answer.status == 429:
        after_s = http.read_platform_cooldown_s(answer.headers, reset="X-RateLimit-Reset")
        return PlatformThrottled("PLATFORM_RATE_LIMITED", "the account's server limits the rate", after_s=after_s)
    if not answer.was_refused_before_write:
        return http.build_unclear_or_retryable_response_error(answer)
    body = http.decode_platform_error(answer, MastodonErrorBody)
    if body.error == "invalid_client":
        return build_unknown_oauth_app_error()
    # snac returns 422 without a body for a revoked token.
    if answer.status == 401 or body.error in DEAD_TOKEN_ERRORS or (answer.status == 422 and not answer.body):
        return AccountReauthRequired("TOKEN_REFUSED", "the account's server refuses the token: connect it again")
    return build_mastodon_error_for_http_status(answer, body)


def build_unknown_oauth_app_error() -> PlatformRefusal:
    """Return the error for a Mastodon server without this application's registration: it issues no token."""
    message = "the account's server no longer has this application's registration: connect the account again"
    return PlatformRefusal(OAUTH_CLIENT_UNKNOWN_ERROR_CODE, message, category="config")


def build_mastodon_error_for_http_status(answer: PlatformResponse, body: MastodonErrorBody) -> PlatformError:
    status = answer.status
    message = answer.quote_message(body.error_description or body.error or f"status {status}")
    if status == 403 and "scope" in message.lower():
        return AccountReauthRequired("SCOPE_MISSING", "the account gave no permission to post: connect it again")
    if status == 403:
        return PlatformRefusal(
            "ACCOUNT_REFUSED", f"the account's server refuses the account: {message}", category="account_issue"
        )
    if status == 413:
        return PlatformRefusal("MEDIA_TOO_LARGE", "a file is larger than the account's server accepts")
    if status == 422:
        return PlatformRefusal("PLATFORM_REJECTED", f"the account's server refuses the post: {message}")
    return PlatformRefusal(
        "PLATFORM_REJECTED", f"the account's server refuses the request: {message}", category="platform_rejected"
    )
