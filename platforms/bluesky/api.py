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
    PlatformError,
    PostRejected,
    PreparationExpired,
    ReauthRequired,
    Throttled,
    TokenExpired,
)
from schemas.errors.platforms import Category
from workers.platforms import http
from workers.platforms.http import JSON, PlatformResponse
from workers.platforms.meaning import ErrorMeaning
from workers.platforms.upload import upload

POST_COLLECTION = "app.bsky.feed.post"
#: The code for a record under the post's key with other content.
KEY_TAKEN = "KEY_TAKEN"


ACCOUNT_SUSPENDED_ERROR = ErrorMeaning(
    PostRejected, "ACCOUNT_SUSPENDED", "Bluesky has suspended the account", "account_issue"
)
DEACTIVATED = ErrorMeaning(
    PostRejected, "ACCOUNT_DEACTIVATED", "the account is deactivated: reactivate it", "account_issue"
)
GONE = ErrorMeaning(
    PostRejected, "ACCOUNT_NOT_FOUND", "the account is no longer on this server", "account_issue"
)
TOO_LARGE = ErrorMeaning(
    PostRejected, "MEDIA_TOO_LARGE", "a file is larger than the account's server accepts"
)
WRONG_TYPE = ErrorMeaning(
    PostRejected, "MEDIA_REFUSED", "the account's server doesn't accept this type of file"
)
#: A refresh may return another token; otherwise the refresh raises `ReauthRequired`.
ACCESS_TOKEN_EXPIRED_ERROR = ErrorMeaning(
    TokenExpired, "TOKEN_EXPIRED", "the access token is no longer valid"
)
WRONG_PASSWORD = ErrorMeaning(
    ReauthRequired, "WRONG_PASSWORD", "the app password is not valid: create a new one and connect again"
)

XRPC_ERROR_MEANINGS: Mapping[str, ErrorMeaning] = {
    **dict.fromkeys(
        ("ExpiredToken", "InvalidToken", "AuthMissing", "BadJwt", "BadJwtAudience"),
        ACCESS_TOKEN_EXPIRED_ERROR,
    ),
    **dict.fromkeys(("AuthenticationRequired", "AuthFactorTokenRequired"), WRONG_PASSWORD),
    "AccountTakedown": ACCOUNT_SUSPENDED_ERROR,
    "AccountSuspended": ACCOUNT_SUSPENDED_ERROR,
    "RepoTakendown": ACCOUNT_SUSPENDED_ERROR,
    "RepoSuspended": ACCOUNT_SUSPENDED_ERROR,
    "AccountDeactivated": DEACTIVATED,
    "RepoDeactivated": DEACTIVATED,
    "AccountNotFound": GONE,
    "RepoNotFound": GONE,
    "InvalidSwap": ErrorMeaning(
        PostRejected, KEY_TAKEN, "another record has this post's key", "platform_rejected"
    ),
    "BlobNotFound": ErrorMeaning(
        PreparationExpired,
        "MEDIA_GONE",
        "the server no longer has the uploaded files: they are uploaded again",
    ),
    "PayloadTooLarge": TOO_LARGE,
    "BlobTooLarge": TOO_LARGE,
    "InvalidMimeType": WRONG_TYPE,
}


class PdsApi(http.PlatformApi, frozen=True):
    """A Personal Data Server, and the access token for it."""

    def url(self, method: str, **query: str) -> str:
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
    def expires_at(self) -> datetime | None:
        """Return the access token's expiry by its claims; None if they have none."""
        try:
            claims = jwt.decode(self.access_jwt, options={"verify_signature": False})
            return datetime.fromtimestamp(claims["exp"], UTC)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError, OSError):
            return None

    @property
    def server(self) -> str | None:
        """Return the account's own server, which stores its records; None if its DID document names none."""
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


class StoredRecord(msgspec.Struct):
    """A stored record: its address `at://did/collection/key`, the hash of its content, the content."""

    uri: str
    cid: str
    value: dict[str, Any]


class WrittenRecord(msgspec.Struct):
    uri: str
    cid: str


class ServerDescription(msgspec.Struct, rename="camel"):
    blob_upload_limit: int | None = None


class ResolvedHandle(msgspec.Struct):
    did: str


class UploadedBlob(msgspec.Struct):
    blob: dict[str, Any]


async def create_session(
    client: httpx.AsyncClient, base: str, *, identifier: str, password: str
) -> PdsSession:
    """Create a session by an app password. Raises `ReauthRequired` for a wrong one, any `PlatformError`."""
    body = msgspec.json.encode({"identifier": identifier, "password": password})
    api = PdsApi(client=client, base=base)
    url = api.url("com.atproto.server.createSession")
    answer = await api.ask("POST", url, headers=JSON, content=body)
    return http.decode(check_response(answer), PdsSession)


async def refresh_session(client: httpx.AsyncClient, base: str, *, refresh_token: str) -> PdsSession:
    """Return the session's next tokens. Raises `ReauthRequired` past its end.

    The same refresh token returns the same new pair for a while, so a lost response does no harm (measured).
    """
    api = PdsApi(client=client, base=base, token=refresh_token)
    try:
        answer = check_response(await api.ask("POST", api.url("com.atproto.server.refreshSession")))
        return http.decode(answer, PdsSession)
    except TokenExpired as error:
        raise ReauthRequired("SESSION_ENDED", "the session has ended: connect the account again") from error


async def delete_session(client: httpx.AsyncClient, base: str, *, refresh_token: str) -> None:
    """End the refresh token's session. Its access token works until its own end, at most 2 h (measured)."""
    api = PdsApi(client=client, base=base, token=refresh_token)
    check_response(await api.ask("POST", api.url("com.atproto.server.deleteSession")))


async def avatar_url(api: PdsApi, did: str) -> str | None:
    """Return the address of the account's avatar on its server; None without an avatar."""
    profile = await get_record(api, repo=did, collection="app.bsky.actor.profile", rkey="self")
    avatar = None if profile is None else profile.value.get("avatar")
    ref = avatar.get("ref") if isinstance(avatar, dict) else None
    cid = ref.get("$link") if isinstance(ref, dict) else None
    return api.url("com.atproto.sync.getBlob", did=did, cid=cid) if isinstance(cid, str) else None


async def resolve_handle(api: PdsApi, handle: str) -> str | None:
    """Return the DID of a handle; None if the server finds none."""
    answer = await api.ask("GET", api.url("com.atproto.identity.resolveHandle", handle=handle))
    if not answer.ok and error_body(answer).error == "InvalidRequest":
        return None
    return http.decode(check_response(answer), ResolvedHandle).did


async def upload_limit(api: PdsApi) -> int | None:
    """Return the server's limit for a file in bytes; None if it doesn't publish one."""
    answer = await api.anonymous.ask("GET", api.url("com.atproto.server.describeServer"))
    return http.decode(check_response(answer), ServerDescription).blob_upload_limit


async def upload_blob(
    api: PdsApi, content: AsyncIterable[bytes], *, mime_type: str, size_bytes: int
) -> dict[str, Any]:
    """Upload a file, and return the blob that names it in a record. The same bytes give the same blob."""
    url = api.url("com.atproto.repo.uploadBlob")
    answer = await upload(api, url, content, content_type=mime_type, size_bytes=size_bytes)
    return http.decode(check_response(answer), UploadedBlob).blob


async def put_record(api: PdsApi, body: bytes, *, timeout_s: float) -> WrittenRecord:
    """Write a record, irreversibly. `body` has `swapRecord: null`, so the same bytes again change nothing.

    Raises `PostRejected` `KEY_TAKEN` for other bytes under the same key.
    """
    url = api.url("com.atproto.repo.putRecord")
    answer = await api.ask("POST", url, headers=JSON, content=body, timeout_s=timeout_s, irreversible=True)
    return http.decode(check_response(answer), WrittenRecord)


async def get_record(api: PdsApi, *, repo: str, collection: str, rkey: str) -> StoredRecord | None:
    """Return the record; None if the server has none."""
    url = api.url("com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=rkey)
    answer = await api.ask("GET", url)
    if not answer.ok and error_body(answer).error == "RecordNotFound":
        return None
    return http.decode(check_response(answer), StoredRecord)


def check_response(answer: PlatformResponse) -> PlatformResponse:
    """Return the response unchanged if it is a 2xx. Else raise the error that `error_of` returns."""
    if not answer.ok:
        raise error_of(answer)
    return answer


def error_of(answer: PlatformResponse) -> PlatformError:
    body = error_body(answer)
    if answer.status == 429 or body.error == "RateLimitExceeded":
        after_s = http.cooldown_s(answer.headers, reset="ratelimit-reset")
        return Throttled("PLATFORM_RATE_LIMITED", "the account's server limits the rate", after_s=after_s)
    if not answer.refused:
        return http.unclear_response_error(answer)
    if body.error in XRPC_ERROR_MEANINGS:
        return XRPC_ERROR_MEANINGS[body.error].make()
    if answer.status == 401:
        return TokenExpired("TOKEN_REFUSED", "the account's server refuses the access token")
    message = answer.quoted(body.message or body.error or f"status {answer.status}")
    category: Category = "user_content" if body.error == "InvalidRequest" else "platform_rejected"
    return PostRejected(
        "PLATFORM_REJECTED", f"the account's server refuses the request: {message}", category=category
    )


def error_body(answer: PlatformResponse) -> XrpcErrorBody:
    return http.decode_error(answer, XrpcErrorBody)
