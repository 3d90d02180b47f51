"""Client of a Personal Data Server of the AT Protocol, by XRPC, with the meaning of its errors.

The `error` of the body identifies an error: the same failure comes with several statuses.
"""

from collections.abc import AsyncIterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import jwt
import msgspec

from schemas.errors import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformError,
    PlatformRefusal,
    PlatformThrottled,
    PostPreparationExpired,
)
from schemas.errors.platforms import PlatformErrorCategory
from workers.platforms import http
from workers.platforms.http import PLATFORM_JSON_CONTENT_TYPE_HEADER, PlatformResponse
from workers.platforms.meaning import PlatformErrorMeaning
from workers.platforms.upload import upload_file_to_platform

BLUESKY_POST_COLLECTION = "app.bsky.feed.post"
#: The code for a record under the post's key with other content.
RECORD_KEY_TAKEN_CODE = "KEY_TAKEN"


BLUESKY_ACCOUNT_SUSPENDED_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "ACCOUNT_SUSPENDED", "Bluesky has suspended the account", "account_issue"
)
BLUESKY_ACCOUNT_DEACTIVATED_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "ACCOUNT_DEACTIVATED", "the account is deactivated: reactivate it", "account_issue"
)
BLUESKY_ACCOUNT_GONE_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "ACCOUNT_NOT_FOUND", "the account is no longer on this server", "account_issue"
)
BLUESKY_MEDIA_TOO_LARGE_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "MEDIA_TOO_LARGE", "a file is larger than the account's server accepts"
)
BLUESKY_MEDIA_TYPE_REFUSED_ERROR_MEANING = PlatformErrorMeaning(
    PlatformRefusal, "MEDIA_REFUSED", "the account's server doesn't accept this type of file"
)
#: A refresh may return another token; otherwise the refresh raises `AccountReauthRequired`.
BLUESKY_TOKEN_EXPIRED_ERROR_MEANING = PlatformErrorMeaning(
    AccessTokenExpired, "TOKEN_EXPIRED", "the access token is no longer valid"
)
BLUESKY_WRONG_APP_PASSWORD_ERROR_MEANING = PlatformErrorMeaning(
    AccountReauthRequired, "WRONG_PASSWORD", "the app password is not valid: create a new one and connect again"
)

XRPC_ERROR_MEANINGS: Mapping[str, PlatformErrorMeaning] = {
    **dict.fromkeys(
        ("ExpiredToken", "InvalidToken", "AuthMissing", "BadJwt", "BadJwtAudience"), BLUESKY_TOKEN_EXPIRED_ERROR_MEANING
    ),
    **dict.fromkeys(("AuthenticationRequired", "AuthFactorTokenRequired"), BLUESKY_WRONG_APP_PASSWORD_ERROR_MEANING),
    "AccountTakedown": BLUESKY_ACCOUNT_SUSPENDED_ERROR_MEANING,
    "AccountSuspended": BLUESKY_ACCOUNT_SUSPENDED_ERROR_MEANING,
    "RepoTakendown": BLUESKY_ACCOUNT_SUSPENDED_ERROR_MEANING,
    "RepoSuspended": BLUESKY_ACCOUNT_SUSPENDED_ERROR_MEANING,
    "AccountDeactivated": BLUESKY_ACCOUNT_DEACTIVATED_ERROR_MEANING,
    "RepoDeactivated": BLUESKY_ACCOUNT_DEACTIVATED_ERROR_MEANING,
    "AccountNotFound": BLUESKY_ACCOUNT_GONE_ERROR_MEANING,
    "RepoNotFound": BLUESKY_ACCOUNT_GONE_ERROR_MEANING,
    "InvalidSwap": PlatformErrorMeaning(
        PlatformRefusal, RECORD_KEY_TAKEN_CODE, "another record has this post's key", "platform_rejected"
    ),
    "BlobNotFound": PlatformErrorMeaning(
        PostPreparationExpired, "MEDIA_GONE", "the server no longer has the uploaded files: they are uploaded again"
    ),
    "PayloadTooLarge": BLUESKY_MEDIA_TOO_LARGE_ERROR_MEANING,
    "BlobTooLarge": BLUESKY_MEDIA_TOO_LARGE_ERROR_MEANING,
    "InvalidMimeType": BLUESKY_MEDIA_TYPE_REFUSED_ERROR_MEANING,
}


class PdsApi(http.PlatformApi, frozen=True):
    """A Personal Data Server, and the access token for it."""

    def build_xrpc_url(self, method: str, **query: str) -> str:
        return f"{self.base}/xrpc/{method}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")


class PdsSession(msgspec.Struct, frozen=True, rename="camel"):
    """Session of an account; both tokens are secrets. `did_doc` names the account's server."""

    did: str
    handle: str
    access_jwt: str
    refresh_jwt: str
    active: bool = True
    status: str | None = None
    did_doc: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.did})"

    @property
    def access_token_expires_at(self) -> datetime | None:
        """Return the expiry in the claims of the access token; None if it has none or can't be read."""
        try:
            claims = jwt.decode(self.access_jwt, options={"verify_signature": False})
            return datetime.fromtimestamp(claims["exp"], UTC)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError, OSError):
            return None

    @property
    def pds_url(self) -> str | None:
        """Return the URL of the account's own server, which stores its records; None if its DID document has none."""
        services = (self.did_doc or {}).get("service")
        for service in services if isinstance(services, list) else []:
            if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
                endpoint = service.get("serviceEndpoint")
                return endpoint.rstrip("/") if isinstance(endpoint, str) else None
        return None


class XrpcErrorBody(msgspec.Struct):
    """The body of an XRPC error."""

    error: str = ""
    message: str = ""


class FetchedPdsRecord(msgspec.Struct):
    """A stored record: its address `at://did/collection/key`, the hash of its content, the content."""

    uri: str
    cid: str
    value: dict[str, Any]


class WrittenPdsRecord(msgspec.Struct):
    uri: str
    cid: str


class PdsUploadLimits(msgspec.Struct, rename="camel"):
    blob_upload_limit: int | None = None


class ResolvedHandle(msgspec.Struct):
    did: str


class UploadedPdsBlob(msgspec.Struct):
    blob: dict[str, Any]


async def create_pds_session(client: httpx.AsyncClient, base: str, *, identifier: str, password: str) -> PdsSession:
    """Log in at an account's server with an app password; return the new session with its tokens.

    Raises `AccountReauthRequired` for a wrong password, and any other `PlatformError` of the call.
    """
    body = msgspec.json.encode({"identifier": identifier, "password": password})
    api = PdsApi(client=client, base=base)
    url = api.build_xrpc_url("com.atproto.server.createSession")
    answer = await api.send_request("POST", url, headers=PLATFORM_JSON_CONTENT_TYPE_HEADER, content=body)
    return http.decode_platform_response(answer.require_success(parse_xrpc_error), PdsSession)


async def refresh_pds_session(client: httpx.AsyncClient, base: str, *, refresh_token: str) -> PdsSession:
    """Exchange a session's refresh token for its next pair of tokens; return the session with them.

    Raises `AccountReauthRequired` if the session has ended, any other `PlatformError`. The same refresh token
    returns the same new pair for a while, so a lost response does no harm (measured).
    """
    api = PdsApi(client=client, base=base, token=refresh_token)
    try:
        answer = await api.send_request("POST", api.build_xrpc_url("com.atproto.server.refreshSession"))
        return http.decode_platform_response(answer.require_success(parse_xrpc_error), PdsSession)
    except AccessTokenExpired as error:
        raise AccountReauthRequired("SESSION_ENDED", "the session has ended: connect the account again") from error


async def delete_pds_session(client: httpx.AsyncClient, base: str, *, refresh_token: str) -> None:
    """End the session of a refresh token at the account's server.

    The session's access token works until its own expiry, at most 2 h (measured). Raises `AccessTokenExpired`
    if the session has already ended, any `PlatformError`.
    """
    api = PdsApi(client=client, base=base, token=refresh_token)
    answer = await api.send_request("POST", api.build_xrpc_url("com.atproto.server.deleteSession"))
    answer.require_success(parse_xrpc_error)


async def get_bluesky_avatar_url(api: PdsApi, did: str) -> str | None:
    """Return the address of the account's avatar; None without one. Raise a `PlatformError` if it can't be read."""
    profile = await get_pds_record(api, repo=did, collection="app.bsky.actor.profile", rkey="self")
    avatar = None if profile is None else profile.value.get("avatar")
    ref = avatar.get("ref") if isinstance(avatar, dict) else None
    cid = ref.get("$link") if isinstance(ref, dict) else None
    return api.build_xrpc_url("com.atproto.sync.getBlob", did=did, cid=cid) if isinstance(cid, str) else None


async def resolve_bluesky_handle(api: PdsApi, handle: str) -> str | None:
    """Return the DID of a Bluesky handle; None if the server finds none. Raise a `PlatformError` for other failures."""
    answer = await api.send_request("GET", api.build_xrpc_url("com.atproto.identity.resolveHandle", handle=handle))
    if not answer.ok and decode_xrpc_error_body(answer).error == "InvalidRequest":
        return None
    return http.decode_platform_response(answer.require_success(parse_xrpc_error), ResolvedHandle).did


async def get_pds_upload_limit_bytes(api: PdsApi) -> int | None:
    """Return an account server's limit of a file's bytes; None if it publishes none. Raise a `PlatformError`."""
    answer = await api.without_token.send_request("GET", api.build_xrpc_url("com.atproto.server.describeServer"))
    return http.decode_platform_response(answer.require_success(parse_xrpc_error), PdsUploadLimits).blob_upload_limit


async def upload_pds_blob(
    api: PdsApi, content: AsyncIterable[bytes], *, mime_type: str, size_bytes: int
) -> dict[str, Any]:
    """Upload a file; return its blob for a record, the same for the same bytes. Raise a `PlatformError` on failure."""
    url = api.build_xrpc_url("com.atproto.repo.uploadBlob")
    answer = await upload_file_to_platform(api, url, content, content_type=mime_type, size_bytes=size_bytes)
    return http.decode_platform_response(answer.require_success(parse_xrpc_error), UploadedPdsBlob).blob


async def put_pds_record(api: PdsApi, body: bytes, *, timeout_s: float) -> WrittenPdsRecord:
    """Write a record to the account's repository, irreversibly; return its URI and content hash.

    `body` has `swapRecord: null`, so a repeat with the same bytes changes nothing. Other bytes under the same
    key raise `PlatformRefusal` with `RECORD_KEY_TAKEN_CODE`. Raises `PostOutcomeUnknown`, any `PlatformError`.
    """
    url = api.build_xrpc_url("com.atproto.repo.putRecord")
    answer = await api.send_request(
        "POST", url, headers=PLATFORM_JSON_CONTENT_TYPE_HEADER, content=body, timeout_s=timeout_s, irreversible=True
    )
    return http.decode_platform_response(answer.require_success(parse_xrpc_error), WrittenPdsRecord)


async def get_pds_record(api: PdsApi, *, repo: str, collection: str, rkey: str) -> FetchedPdsRecord | None:
    """Read a record of an account; None if the server has none under this key. Raise another `PlatformError`."""
    url = api.build_xrpc_url("com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=rkey)
    answer = await api.send_request("GET", url)
    if not answer.ok and decode_xrpc_error_body(answer).error == "RecordNotFound":
        return None
    return http.decode_platform_response(answer.require_success(parse_xrpc_error), FetchedPdsRecord)


def parse_xrpc_error(answer: PlatformResponse) -> PlatformError:
    body = decode_xrpc_error_body(answer)
    if answer.status == 429 or body.error == "RateLimitExceeded":
        after_s = http.read_platform_cooldown_s(answer.headers, reset="ratelimit-reset")
        return PlatformThrottled("PLATFORM_RATE_LIMITED", "the account's server limits the rate", after_s=after_s)
    if not answer.was_refused_before_write:
        return http.build_unclear_or_retryable_response_error(answer)
    if body.error in XRPC_ERROR_MEANINGS:
        return XRPC_ERROR_MEANINGS[body.error].build_error()
    if answer.status == 401:
        return AccessTokenExpired("TOKEN_REFUSED", "the account's server refuses the access token")
    message = answer.quote_message(body.message or body.error or f"status {answer.status}")
    category: PlatformErrorCategory = "user_content" if body.error == "InvalidRequest" else "platform_rejected"
    return PlatformRefusal(
        "PLATFORM_REJECTED", f"the account's server refuses the request: {message}", category=category
    )


def decode_xrpc_error_body(answer: PlatformResponse) -> XrpcErrorBody:
    return http.decode_platform_error(answer, XrpcErrorBody)
