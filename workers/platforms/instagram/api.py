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

from domain.accounts.client_registrations import Client
from schemas.errors import PlatformError, ReauthRequired, Rejected
from workers.platforms import http
from workers.platforms.graph_version import GRAPH_VERSION
from workers.platforms.http import Answer, Api
from workers.platforms.instagram import errors

#: Posts in a page of an account's list.
PAGE = 50

T = TypeVar("T")


class ShortLived(msgspec.Struct, frozen=True):
    """A token for an hour, and its owner's permissions (a list, or comma-separated)."""

    access_token: str
    permissions: str | list[str] = ""

    def allows(self, scope: str) -> bool:
        """Return whether the scope was granted, or none are listed: then the next calls show it."""
        listed = self.permissions
        return not listed or scope in (listed.split(",") if isinstance(listed, str) else listed)

    def __repr__(self) -> str:
        return "ShortLived()"


class LongLived(msgspec.Struct, frozen=True):
    """A token for 60 days; `expires_in` is in seconds."""

    access_token: str
    expires_in: int

    def __repr__(self) -> str:
        return "LongLived()"


class Person(msgspec.Struct):
    """The account of a token; `user_id` is the same for every application."""

    user_id: str | int
    username: str
    profile_picture_url: str | None = None


class Config(msgspec.Struct):
    """A quota: posts in any window of this many seconds."""

    quota_total: int
    quota_duration: int


class Usage(msgspec.Struct):
    """Use of an account's publishing quota."""

    quota_usage: int
    config: Config


class Created(msgspec.Struct):
    """A new container or post."""

    id: str


class Status(msgspec.Struct):
    """Status of a container: IN_PROGRESS, FINISHED, ERROR, EXPIRED (after 24 h) or PUBLISHED."""

    status_code: str
    status: str = ""


class ListedPost(msgspec.Struct):
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
    """Links of a page. `next` contains the token, and is only used to detect another page."""

    cursors: Cursors = msgspec.field(default_factory=Cursors)
    next: str | None = None


class Page(msgspec.Struct):
    data: list[ListedPost]
    paging: Paging = msgspec.field(default_factory=Paging)


class Denied(msgspec.Struct):
    """The error of a code exchange, which has no number."""

    error_message: str = ""


async def exchange(client: httpx.AsyncClient, base: str, us: Client, form: Mapping[str, str]) -> ShortLived:
    """Exchange a code for a token; it works once. Raises `ReauthRequired` if Instagram refuses the code."""
    fields = {**us._asdict(), **form}
    answer = await Api(client=client, base=base).post_form("/oauth/access_token", fields)
    if not answer.ok:
        raise _denied(answer)
    return only(answer, ShortLived)


async def lengthen(api: Api, *, client_secret: str) -> LongLived:
    """Exchange a token of an hour for one of 60 days. Instagram takes the secret here only in the address."""
    asked = {"grant_type": "ig_exchange_token", "client_secret": client_secret}
    return http.read(await get(api, "access_token", asked), LongLived)


async def refresh(api: Api) -> LongLived:
    """Extend a token to 60 days from now. It must be at least 24 h old and not expired."""
    return http.read(await get(api, "refresh_access_token", {"grant_type": "ig_refresh_token"}), LongLived)


async def me(api: Api) -> Person:
    return only(await read(api, "me", {"fields": "user_id,username,profile_picture_url"}), Person)


async def usage(api: Api, account_id: str) -> Usage:
    path = f"{part(account_id)}/content_publishing_limit"
    return only(await read(api, path, {"fields": "quota_usage,config"}), Usage)


async def create(api: Api, account_id: str, **fields: str) -> str:
    """Create a container, and return its id. It is invisible until it is published."""
    answer = accepted(await api.post_form(f"/{GRAPH_VERSION}/{part(account_id)}/media", fields))
    return http.read(answer, Created).id


async def status(api: Api, container: str) -> Status:
    """Return the status of a container, its message safe to quote."""
    answer = await read(api, part(container), {"fields": "status_code,status"})
    found = only(answer, Status)
    return msgspec.structs.replace(found, status=answer.quoted(found.status))


async def publish(api: Api, account_id: str, container: str, *, timeout_s: float) -> str:
    """Publish a container, irreversibly; return the post's id."""
    path, fields = f"/{GRAPH_VERSION}/{part(account_id)}/media_publish", {"creation_id": container}
    answer = await api.post_form(path, fields, timeout_s=timeout_s, irreversible=True)
    return http.read(accepted(answer), Created).id


async def permalink(api: Api, media_id: str, *, timeout_s: float) -> str | None:
    answer = await read(api, part(media_id), {"fields": "permalink"}, timeout_s=timeout_s)
    return only(answer, ListedPost).permalink


async def media(api: Api, account_id: str, *, after: str | None) -> Page:
    """Return a page of the account's posts, newest first; with `after`, the page after that cursor."""
    asked = {"fields": "id,caption,timestamp,permalink", "limit": str(PAGE)}
    asked |= {} if after is None else {"after": after}
    return http.read(await read(api, f"{part(account_id)}/media", asked), Page)


async def read(api: Api, path: str, query: Mapping[str, str], *, timeout_s: float = http.READ_S) -> Answer:
    """Send a GET to the Graph API, at its fixed version."""
    return await get(api, f"{GRAPH_VERSION}/{path}", query, timeout_s=timeout_s)


async def get(api: Api, path: str, query: Mapping[str, str], *, timeout_s: float = http.READ_S) -> Answer:
    return accepted(await api.ask("GET", f"{api.base}/{path}?{urlencode(query)}", timeout_s=timeout_s))


def accepted(answer: Answer) -> Answer:
    """Return the response if it is a 2xx. Raises `errors.error_of` any other."""
    if not answer.ok:
        raise errors.error_of(answer)
    return answer


def only(answer: Answer, kind: type[T]) -> T:
    """Return the object of a response, by itself or as the only item of a list."""
    found = http.read(answer, dict[str, Any])
    one = found["data"][0] if isinstance(found.get("data"), list) and found["data"] else found
    try:
        return msgspec.convert(one, kind)
    except msgspec.ValidationError as error:
        raise http.failed(answer) from error


def part(name: str) -> str:
    return quote(name, safe="")


def _denied(answer: Answer) -> PlatformError:
    """Return the error of a code exchange, by its message alone."""
    if not answer.refused:
        return http.failed(answer)
    words = http.read_error(answer, Denied).error_message
    if "client" in words.lower() or "platform app" in words.lower():
        return Rejected(
            "APP_REFUSED",
            f"Instagram refuses this server's application: tell its operator ({answer.quoted(words)})",
            category="config",
        )
    return ReauthRequired("CODE_REFUSED", answer.quoted(words))
