"""Calls to the Instagram API with Instagram Login (Graph API; research 5.2).

The token goes in a header, never in an address. Objects come as they are, or as the only one of a list
`data`: the documentation shows both.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from schemas.errors import PlatformError, ReauthRequired, Rejected
from workers.platforms import http
from workers.platforms.http import Answer
from workers.platforms.instagram import errors

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: How many of the account's posts are asked for at once.
PAGE = 50

T = TypeVar("T")


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask, as whom: `base` is the Graph API's address without a slash at its end."""

    client: httpx.AsyncClient
    base: str
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    def __repr__(self) -> str:
        return f"Api({self.base})"


class ShortLived(msgspec.Struct, frozen=True):
    """What a code is worth: a token for an hour, and what its owner allowed (a list, or with commas)."""

    access_token: str
    permissions: str | list[str] = ""

    def allows(self, scope: str) -> bool:
        """Where nothing is said, what is asked for next will show it."""
        said = self.permissions
        return not said or scope in (said.split(",") if isinstance(said, str) else said)

    def __repr__(self) -> str:
        return "ShortLived()"


class LongLived(msgspec.Struct, frozen=True):
    """`expires_in` in seconds: 60 days."""

    access_token: str
    expires_in: int

    def __repr__(self) -> str:
        return "LongLived()"


class Person(msgspec.Struct):
    """Whose token it is; `user_id` is the account's, the same for every application."""

    user_id: str | int
    username: str
    profile_picture_url: str | None = None


class Config(msgspec.Struct):
    """So many posts in any so many seconds."""

    quota_total: int
    quota_duration: int


class Usage(msgspec.Struct):
    """How much of an account's quota is used."""

    quota_usage: int
    config: Config


class Made(msgspec.Struct):
    """A container, or a post."""

    id: str


class Status(msgspec.Struct):
    """`status_code` is IN_PROGRESS, FINISHED, ERROR, EXPIRED or PUBLISHED; `status` says it in words."""

    status_code: str
    status: str = ""


class Medium(msgspec.Struct):
    """A post of the account. `timestamp` is ISO 8601, its offset without a colon."""

    id: str
    caption: str = ""
    timestamp: str = ""
    permalink: str | None = None

    @property
    def at(self) -> datetime | None:
        return http.moment(self.timestamp)


class Cursors(msgspec.Struct):
    after: str = ""


class Paging(msgspec.Struct):
    """`next` holds our token, and is only looked at for whether it is there."""

    cursors: Cursors = msgspec.field(default_factory=Cursors)
    next: str | None = None


class Page(msgspec.Struct):
    data: list[Medium]
    paging: Paging = msgspec.field(default_factory=Paging)


class Denied(msgspec.Struct):
    """How a code is refused."""

    error_message: str = ""


async def exchange(
    client: httpx.AsyncClient,
    base: str,
    *,
    client_id: str,
    client_secret: str,
    redirect_uri: str,
    code: str,
    verifier: str,
) -> ShortLived:
    """A code, once, for a token of an hour. Raises `ReauthRequired` where Instagram won't have the code."""
    fields = {
        "client_id": client_id,
        "client_secret": client_secret,
        "grant_type": "authorization_code",
        "redirect_uri": redirect_uri,
        "code": code,
        "code_verifier": verifier,
    }
    url, content = f"{base}/oauth/access_token", urlencode(fields).encode()
    answer = await http.ask(client, "POST", url, headers=FORM, content=content)
    if not answer.ok:
        raise _denied(answer)
    return only(answer, ShortLived)


async def lengthen(api: Api, *, client_secret: str) -> LongLived:
    """A token of an hour for one of 60 days. The application's secret can only be in the address here."""
    asked = {"grant_type": "ig_exchange_token", "client_secret": client_secret}
    return http.read(await get(api, "access_token", asked), LongLived)


async def refresh(api: Api) -> LongLived:
    """A token of 60 days from now, for one that is a day old and has not ended."""
    return http.read(await get(api, "refresh_access_token", {"grant_type": "ig_refresh_token"}), LongLived)


async def me(api: Api) -> Person:
    return only(await get(api, "me", {"fields": "user_id,username,profile_picture_url"}), Person)


async def usage(api: Api, account_id: str) -> Usage:
    path = f"{part(account_id)}/content_publishing_limit"
    return only(await get(api, path, {"fields": "quota_usage,config"}), Usage)


async def create(api: Api, account_id: str, **fields: str) -> str:
    """A container, which nobody sees until it is published: its id."""
    answer = await post(api, f"{part(account_id)}/media", fields)
    return http.read(answer, Made).id


async def status(api: Api, container: str) -> Status:
    """Its words are made fit to be quoted."""
    answer = await get(api, part(container), {"fields": "status_code,status"})
    found = only(answer, Status)
    return msgspec.structs.replace(found, status=answer.quoted(found.status))


async def publish(api: Api, account_id: str, container: str, *, timeout_s: float) -> str:
    """The irreversible call: the post's id."""
    asked = {"creation_id": container}
    path = f"{part(account_id)}/media_publish"
    answer = await post(api, path, asked, timeout_s=timeout_s, irreversible=True)
    return http.read(answer, Made).id


async def medium(api: Api, media_id: str, *, timeout_s: float) -> Medium:
    return only(await get(api, part(media_id), {"fields": "permalink"}, timeout_s=timeout_s), Medium)


async def media(api: Api, account_id: str, *, after: str | None) -> Page:
    """The account's posts, the newest first; those that follow the cursor `after` where it is given."""
    asked = {"fields": "id,caption,timestamp,permalink", "limit": str(PAGE)}
    asked |= {} if after is None else {"after": after}
    return http.read(await get(api, f"{part(account_id)}/media", asked), Page)


async def get(api: Api, path: str, query: Mapping[str, str], *, timeout_s: float = http.READ_S) -> Answer:
    url = f"{api.base}/{path}?{urlencode(query)}"
    return accepted(await http.ask(api.client, "GET", url, headers=api.headers, timeout_s=timeout_s))


async def post(
    api: Api,
    path: str,
    fields: Mapping[str, str],
    *,
    timeout_s: float = http.READ_S,
    irreversible: bool = False,
) -> Answer:
    return accepted(
        await http.ask(
            api.client,
            "POST",
            f"{api.base}/{path}",
            headers={**api.headers, **FORM},
            content=urlencode(fields).encode(),
            timeout_s=timeout_s,
            irreversible=irreversible,
        )
    )


def accepted(answer: Answer) -> Answer:
    """The answer itself where it is a 2xx; raises what else it means."""
    if not answer.ok:
        raise errors.refusal(answer)
    return answer


def only(answer: Answer, kind: type[T]) -> T:
    """An object, or the only one of a list."""
    found = http.read(answer, dict[str, Any])
    one = found["data"][0] if isinstance(found.get("data"), list) and found["data"] else found
    try:
        return msgspec.convert(one, kind)
    except msgspec.ValidationError as error:
        raise http.failed(answer) from error


def part(name: str) -> str:
    return quote(name, safe="")


def _denied(answer: Answer) -> PlatformError:
    """Codes are refused in a shape of their own, without a number: words alone tell why."""
    if not answer.settled:
        return http.failed(answer)
    try:
        words = msgspec.json.decode(answer.body, type=Denied).error_message
    except (msgspec.MsgspecError, UnicodeDecodeError):
        words = ""
    if "client" in words.lower() or "platform app" in words.lower():
        return Rejected(
            "APP_REFUSED", f"Instagram refuses our application: {answer.quoted(words)}", category="config"
        )
    return ReauthRequired("CODE_REFUSED", answer.quoted(words))
