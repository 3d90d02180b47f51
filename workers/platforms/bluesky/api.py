"""Calls to a Personal Data Server of the AT Protocol (XRPC), and what its refusals mean.

A refusal is known by the `error` of its body: the same trouble comes with several statuses (research 5.6).
"""

from collections.abc import AsyncIterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import httpx
import jwt
import msgspec

from schemas.errors import Outdated, PlatformError, ReauthRequired, Rejected, Throttled, TokenExpired
from schemas.errors.platforms import Category
from workers.platforms import http
from workers.platforms.http import Answer

POST = "app.bsky.feed.post"
JSON = {"Content-Type": "application/json"}

#: A record under this key has other content than ours.
KEY_TAKEN = "KEY_TAKEN"


class Meaning(NamedTuple):
    code: str
    category: Category
    message: str


SUSPENDED = Meaning("ACCOUNT_SUSPENDED", "account_issue", "Bluesky has suspended the account")
DEACTIVATED = Meaning("ACCOUNT_DEACTIVATED", "account_issue", "the account is deactivated: reactivate it")
GONE = Meaning("ACCOUNT_NOT_FOUND", "account_issue", "the account is not on this server any more")
TOO_LARGE = Meaning("MEDIA_TOO_LARGE", "user_content", "a file is larger than the account's server takes")
WRONG_TYPE = Meaning("MEDIA_REFUSED", "user_content", "the account's server doesn't take this type of file")

REFUSALS: Mapping[str, Meaning] = {
    "AccountTakedown": SUSPENDED,
    "AccountSuspended": SUSPENDED,
    "RepoTakendown": SUSPENDED,
    "RepoSuspended": SUSPENDED,
    "AccountDeactivated": DEACTIVATED,
    "RepoDeactivated": DEACTIVATED,
    "AccountNotFound": GONE,
    "RepoNotFound": GONE,
    "InvalidSwap": Meaning(KEY_TAKEN, "platform_rejected", "another record has this post's key"),
    "PayloadTooLarge": TOO_LARGE,
    "BlobTooLarge": TOO_LARGE,
    "InvalidMimeType": WRONG_TYPE,
}
#: A refresh may bring another token; if it doesn't, the refresh says so.
TOKENS = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "BadJwt", "BadJwtAudience"})
PASSWORDS = frozenset({"AuthenticationRequired", "AuthFactorTokenRequired"})


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask, as whom: `base` is the server's address without a slash at its end."""

    client: httpx.AsyncClient
    base: str
    token: str | None = None

    def url(self, method: str, **query: str) -> str:
        return f"{self.base}/xrpc/{method}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    def __repr__(self) -> str:
        return f"Api({self.base})"


class Session(msgspec.Struct, frozen=True, rename="camel"):
    """An account's open session; both tokens are secrets. `did_doc` names the server it is on."""

    did: str
    handle: str
    access_jwt: str
    refresh_jwt: str
    active: bool = True
    status: str | None = None
    did_doc: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Session({self.did})"

    @property
    def expires_at(self) -> datetime | None:
        """When the access token ends, by its own word."""
        try:
            claims = jwt.decode(self.access_jwt, options={"verify_signature": False})
            return datetime.fromtimestamp(claims["exp"], UTC)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError, OSError):
            return None

    @property
    def server(self) -> str | None:
        """The account's own server, where the identity's document names one: it takes the records."""
        services = (self.did_doc or {}).get("service")
        for service in services if isinstance(services, list) else []:
            if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
                endpoint = service.get("serviceEndpoint")
                return endpoint.rstrip("/") if isinstance(endpoint, str) else None
        return None


class Refusal(msgspec.Struct):
    error: str = ""
    message: str = ""


class Record(msgspec.Struct):
    """A stored record: `at://did/collection/key`, the hash of its content, the content."""

    uri: str
    cid: str
    value: dict[str, Any]


class Written(msgspec.Struct):
    uri: str
    cid: str


class Described(msgspec.Struct, rename="camel"):
    blob_upload_limit: int | None = None


class Resolved(msgspec.Struct):
    did: str


class Uploaded(msgspec.Struct):
    blob: dict[str, Any]


async def create_session(client: httpx.AsyncClient, base: str, *, identifier: str, password: str) -> Session:
    """Opens one with an app password. Raises `ReauthRequired` where it opens nothing, any `PlatformError`."""
    body = msgspec.json.encode({"identifier": identifier, "password": password})
    api = Api(client=client, base=base)
    answer = await post(api, "com.atproto.server.createSession", body, headers=JSON)
    return http.read(accepted(answer), Session)


async def refresh_session(client: httpx.AsyncClient, base: str, *, refresh_token: str) -> Session:
    """The next pair; the same again where the last answer was lost. Raises `ReauthRequired` past its end."""
    api = Api(client=client, base=base, token=refresh_token)
    try:
        answer = await post(api, "com.atproto.server.refreshSession", None)
        return http.read(accepted(answer), Session)
    except TokenExpired as error:
        raise ReauthRequired("SESSION_ENDED", "the session has ended: connect the account again") from error


async def delete_session(client: httpx.AsyncClient, base: str, *, refresh_token: str) -> None:
    """Ends the session that the refresh token is of; its access token lives on for its last minutes."""
    api = Api(client=client, base=base, token=refresh_token)
    accepted(await post(api, "com.atproto.server.deleteSession", None))


async def avatar_url(api: Api, did: str) -> str | None:
    """Where the server itself serves the account's avatar; None where it has none."""
    profile = await get_record(api, repo=did, collection="app.bsky.actor.profile", rkey="self")
    avatar = None if profile is None else profile.value.get("avatar")
    ref = avatar.get("ref") if isinstance(avatar, dict) else None
    cid = ref.get("$link") if isinstance(ref, dict) else None
    return api.url("com.atproto.sync.getBlob", did=did, cid=cid) if isinstance(cid, str) else None


async def resolve_handle(api: Api, handle: str) -> str | None:
    """The DID behind a handle; None where the server knows none."""
    url = api.url("com.atproto.identity.resolveHandle", handle=handle)
    answer = await http.ask(api.client, "GET", url, headers=api.headers)
    if not answer.ok and said(answer).error == "InvalidRequest":
        return None
    return http.read(accepted(answer), Resolved).did


async def upload_limit(api: Api) -> int | None:
    """The bytes that a file may have on this server; None where it doesn't say."""
    answer = await http.ask(api.client, "GET", api.url("com.atproto.server.describeServer"))
    return http.read(accepted(answer), Described).blob_upload_limit


async def upload_blob(
    api: Api, content: AsyncIterable[bytes], *, mime_type: str, size_bytes: int
) -> dict[str, Any]:
    """What a record names the file by. Twice the same bytes are the same."""
    sent = {"Content-Type": mime_type, "Content-Length": str(size_bytes)}
    answer = await post(api, "com.atproto.repo.uploadBlob", content, headers=sent, timeout_s=http.UPLOAD_S)
    return http.read(accepted(answer), Uploaded).blob


async def put_record(api: Api, body: bytes, *, timeout_s: float) -> Written:
    """The irreversible call; the same bytes again change nothing. Raises `Rejected` KEY_TAKEN, any other."""
    answer = await post(
        api,
        "com.atproto.repo.putRecord",
        body,
        headers=JSON,
        timeout_s=timeout_s,
        irreversible=True,
    )
    return http.read(accepted(answer), Written)


async def get_record(api: Api, *, repo: str, collection: str, rkey: str) -> Record | None:
    """None where the server says that it has no such record."""
    url = api.url("com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=rkey)
    answer = await http.ask(api.client, "GET", url, headers=api.headers)
    if not answer.ok and said(answer).error == "RecordNotFound":
        return None
    return http.read(accepted(answer), Record)


async def post(
    api: Api,
    method: str,
    content: bytes | AsyncIterable[bytes] | None,
    *,
    headers: Mapping[str, str] = {},
    timeout_s: float = http.READ_S,
    irreversible: bool = False,
) -> Answer:
    return await http.ask(
        api.client,
        "POST",
        api.url(method),
        headers={**api.headers, **headers},
        content=content,
        timeout_s=timeout_s,
        irreversible=irreversible,
    )


def accepted(answer: Answer) -> Answer:
    """The answer itself where it is a 2xx; raises what else it means."""
    if not answer.ok:
        raise refusal(answer)
    return answer


def refusal(answer: Answer) -> PlatformError:
    told = said(answer)
    if answer.status == 429 or told.error == "RateLimitExceeded":
        after_s = http.rest_s(answer.headers, reset="ratelimit-reset")
        return Throttled("PLATFORM_RATE_LIMITED", "the account's server asks for a rest", after_s=after_s)
    if not answer.settled:
        return http.failed(answer)
    return by_name(told, answer)


def by_name(told: Refusal, answer: Answer) -> PlatformError:
    if told.error in TOKENS:
        return TokenExpired("TOKEN_EXPIRED", "the access token is of no more use")
    if told.error in PASSWORDS:
        return ReauthRequired(
            "WRONG_PASSWORD", "the app password opens nothing: make a new one and connect again"
        )
    if told.error == "BlobNotFound":
        return Outdated("MEDIA_GONE", "the server no longer has the uploaded files: they are uploaded again")
    if told.error in REFUSALS:
        meaning = REFUSALS[told.error]
        return Rejected(meaning.code, meaning.message, category=meaning.category)
    if answer.status == 401:
        return TokenExpired("TOKEN_REFUSED", "the account's server refuses the access token")
    words = answer.quoted(told.message or told.error or f"status {answer.status}")
    category: Category = "user_content" if told.error == "InvalidRequest" else "platform_rejected"
    return Rejected("PLATFORM_REJECTED", f"the account's server refuses it: {words}", category=category)


def said(answer: Answer) -> Refusal:
    """An empty one where the body isn't XRPC's: a proxy before the server has answered."""
    try:
        return msgspec.json.decode(answer.body, type=Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Refusal()
