"""Calls to a server of Mastodon's client API, and what its refusals mean.

Many programs speak this API and each a little otherwise (research 5.5, 6): what an account's server can do
is in its `traits`, found out when the account was connected.
"""

from collections.abc import AsyncIterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec

from schemas.errors import PlatformError, ReauthRequired, Rejected, Throttled
from workers.platforms import http
from workers.platforms.http import Answer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
#: Of a list's bytes: some servers (snac) give all they have, however few they are asked for.
LIST_LIMIT = 8 << 20
#: The server doesn't know us: we have to register anew.
APP_UNKNOWN = "APP_UNKNOWN"
#: An answer's body that says, whatever the status, that the token opens nothing.
DEAD_TOKEN = frozenset({"invalid_grant", "invalid_token", "The access token is invalid", "token_revoked"})


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask, as whom: `base` is the server's address without a slash at its end."""

    client: httpx.AsyncClient
    base: str
    token: str | None = None

    def url(self, path: str, **query: str) -> str:
        return f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    def __repr__(self) -> str:
        return f"Api({self.base})"


class App(msgspec.Struct, frozen=True):
    """Our own registration with a server; the client's secret is one."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"App({self.client_id})"


class Token(msgspec.Struct, frozen=True):
    """`expires_in` in seconds; most servers' tokens don't end and have no refresh token."""

    access_token: str
    refresh_token: str | None = None
    expires_in: int | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        return "Token()"


class Credentials(msgspec.Struct):
    """Whose token it is. `acct` is the handle on its own server, without the server's name."""

    id: str
    username: str
    acct: str = ""
    url: str | None = None
    avatar: str | None = None


class Attachment(msgspec.Struct):
    """An uploaded file, or one in a post."""

    id: str


class Status(msgspec.Struct):
    """A post as a server shows it: `content` is HTML, `text` what was sent. A boost has `reblog`."""

    id: str
    content: str
    text: str | None = None
    uri: str | None = None
    url: str | None = None
    media_attachments: list[Attachment] = []
    reblog: dict[str, Any] | None = None


class Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""


async def instance(client: httpx.AsyncClient, base: str) -> dict[str, Any]:
    """What the server says of itself, of version 2 where it has that (`/api/v2/instance`), else of 1."""
    api = Api(client=client, base=base)
    newer = await http.ask(client, "GET", api.url("/api/v2/instance"))
    if newer.ok:
        return http.read(newer, dict[str, Any])
    return http.read(accepted(await http.ask(client, "GET", api.url("/api/v1/instance"))), dict[str, Any])


async def register_app(
    client: httpx.AsyncClient, base: str, *, name: str, redirect_uri: str, scopes: str, website: str
) -> App:
    """`POST /api/v1/apps`. Each call is another registration: keep what it gives."""
    fields = {"client_name": name, "redirect_uris": redirect_uri, "scopes": scopes, "website": website}
    return http.read(await form(Api(client=client, base=base), "/api/v1/apps", fields), App)


async def exchange(
    client: httpx.AsyncClient,
    base: str,
    *,
    app: App,
    code: str,
    redirect_uri: str,
    verifier: str,
    scopes: str,
) -> Token:
    """A code, once, for a token. Raises `ReauthRequired` where the server won't have the code."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "scope": scopes,
    }
    return await token(client, base, app, fields)


async def refresh(client: httpx.AsyncClient, base: str, *, app: App, refresh_token: str) -> Token:
    """Raises `ReauthRequired` where the refresh token is of no more use."""
    return await token(client, base, app, {"grant_type": "refresh_token", "refresh_token": refresh_token})


async def token(client: httpx.AsyncClient, base: str, app: App, fields: Mapping[str, str]) -> Token:
    named = {"client_id": app.client_id, "client_secret": app.client_secret, **fields}
    return http.read(await form(Api(client=client, base=base), "/oauth/token", named), Token)


async def revoke(client: httpx.AsyncClient, base: str, *, app: App, access_token: str) -> None:
    fields = {"client_id": app.client_id, "client_secret": app.client_secret, "token": access_token}
    await form(Api(client=client, base=base), "/oauth/revoke", fields)


async def verify_credentials(api: Api) -> Credentials:
    return http.read(await get(api, "/api/v1/accounts/verify_credentials"), Credentials)


async def upload_media(
    api: Api, content: AsyncIterable[bytes], *, content_type: str, size_bytes: int
) -> tuple[Attachment, bool]:
    """A multipart body with the field `file`: the file, and whether it can be used yet (202 where not)."""
    sent = {**api.headers, "Content-Type": content_type, "Content-Length": str(size_bytes)}
    url = api.url("/api/v2/media")
    answer = await http.ask(api.client, "POST", url, headers=sent, content=content, timeout_s=http.UPLOAD_S)
    return http.read(accepted(answer), Attachment), answer.status != httpx.codes.ACCEPTED


async def media_is_ready(api: Api, media_id: str) -> bool:
    """206 while the server still works on the file. Raises `Rejected` where it can't."""
    answer = await get(api, f"/api/v1/media/{quote(media_id, safe='')}")
    return answer.status != httpx.codes.PARTIAL_CONTENT


async def post_status(api: Api, body: bytes, *, key: str, timeout_s: float) -> Status:
    """The irreversible call. A server that keeps `key` answers a repeat with the post that is there."""
    sent = {**api.headers, **JSON, "Idempotency-Key": key}
    url = api.url("/api/v1/statuses")
    answer = await http.ask(
        api.client, "POST", url, headers=sent, content=body, timeout_s=timeout_s, irreversible=True
    )
    return http.read(accepted(answer), Status)


async def statuses(api: Api, account_id: str, *, limit: int, max_id: str | None = None) -> list[Status]:
    """The account's own posts, the newest first; those older than `max_id` where it is given."""
    query = {"limit": str(limit), "exclude_reblogs": "true"} | ({} if max_id is None else {"max_id": max_id})
    url = api.url(f"/api/v1/accounts/{quote(account_id, safe='')}/statuses", **query)
    answer = await http.ask(api.client, "GET", url, headers=api.headers, limit=LIST_LIMIT)
    return http.read(accepted(answer), list[Status])


async def get(api: Api, path: str, **query: str) -> Answer:
    return accepted(await http.ask(api.client, "GET", api.url(path, **query), headers=api.headers))


async def form(api: Api, path: str, fields: Mapping[str, str]) -> Answer:
    content = urlencode(fields).encode()
    return accepted(
        await http.ask(api.client, "POST", api.url(path), headers={**api.headers, **FORM}, content=content)
    )


def accepted(answer: Answer) -> Answer:
    """The answer itself where it is a 2xx; raises what else it means."""
    if not answer.ok:
        raise refusal(answer)
    return answer


def refusal(answer: Answer) -> PlatformError:
    if answer.status == 429:
        after_s = http.rest_s(answer.headers, reset="X-RateLimit-Reset")
        return Throttled("PLATFORM_RATE_LIMITED", "the account's server asks for a rest", after_s=after_s)
    if not answer.settled:
        return http.failed(answer)
    told = said(answer)
    if told.error == "invalid_client":
        return app_unknown()
    # snac says 422, and nothing else, to a token that was revoked.
    if answer.status == 401 or told.error in DEAD_TOKEN or (answer.status == 422 and not answer.body):
        return ReauthRequired("TOKEN_REFUSED", "the account's server refuses the token: connect it again")
    return by_status(answer, told)


def app_unknown() -> Rejected:
    """Nobody can be let in through a registration that isn't there any more."""
    message = "the account's server doesn't know our registration (any more): connect the account again"
    return Rejected(APP_UNKNOWN, message, category="config")


def by_status(answer: Answer, told: Refusal) -> PlatformError:
    status = answer.status
    words = answer.quoted(told.error_description or told.error or f"status {status}")
    if status == 403 and "scope" in words.lower():
        return ReauthRequired("SCOPE_MISSING", "the account didn't let us post: connect it again")
    if status == 403:
        return Rejected(
            "ACCOUNT_REFUSED", f"the account's server refuses it: {words}", category="account_issue"
        )
    if status == 413:
        return Rejected("MEDIA_TOO_LARGE", "a file is larger than the account's server takes")
    if status == 422:
        return Rejected("PLATFORM_REJECTED", f"the account's server refuses the post: {words}")
    return Rejected(
        "PLATFORM_REJECTED", f"the account's server refuses it: {words}", category="platform_rejected"
    )


def said(answer: Answer) -> Refusal:
    """An empty one where the body isn't the API's own: a proxy before the server has answered."""
    try:
        return msgspec.json.decode(answer.body, type=Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Refusal()
