"""Letting us into a Mastodon account: registration (`/api/v1/apps`), code for token, whose it is, refresh."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from domain.accounts import credentials
from domain.accounts.accounts import Found
from domain.accounts.client_registrations import SCOPES, Client, Server
from domain.accounts.credentials import Grant, Tokens
from domain.connecting.connect import Asked, Code
from domain.connecting.token_revocation import Held
from schemas.errors import ReauthRequired, Rejected
from workers.platforms.connecting import START_AGAIN, Connected
from workers.platforms.mastodon import api
from workers.platforms.mastodon.api import Api, App, Token

#: Mastodon itself and its forks say a bare version, `4.4.1+glitch`; other programs add what they are:
#: `2.7.2 (compatible; Pleroma 2.6.2)`, `4.0.0 (not true; really snac/2.75)`. (GoToSocial is at 0.x.)
GENUINE = re.compile(r"[3-9]\.\d+\.\d+([-+.][\w.+-]*)?|[1-9]\d\.\d+\.\d+([-+.][\w.+-]*)?")
OTHER = re.compile(r"(?:compatible;|really)\s*([A-Za-z][\w-]*)")


async def register(client: httpx.AsyncClient, server: Server, *, website: str) -> Client:
    """Another registration each time. Raises `PlatformError`."""
    app = await api.register_app(
        client,
        server.service_url,
        name="Tenantry",
        redirect_uri=server.redirect_uri,
        scopes=SCOPES,
        website=website,
    )
    return Client(app.client_id, app.client_secret)


async def connect(client: httpx.AsyncClient, asked: Asked, us: Client | None, secret: Code) -> Connected:
    """Whose code it is. A code works once: raises `ReauthRequired` for one that was used, `PlatformError`."""
    token = await _exchange(client, asked, _app(us), secret)
    person = await api.verify_credentials(
        Api(client=client, base=asked.service_url, token=token.access_token)
    )
    said = await api.instance(client, asked.service_url)
    found = Found(
        platform=asked.platform,
        service_url=asked.service_url,
        external_id=person.id,
        handle=f"{person.username}@{urlsplit(asked.service_url).netloc}",
        avatar_url=person.avatar,
        traits=traits(said),
    )
    return Connected(found, _grant(token, redirect_uri=asked.redirect_uri))


async def refresh(client: httpx.AsyncClient, service_url: str, us: Client | None, tokens: Tokens) -> Grant:
    """New tokens; the old refresh token stays where none is sent.

    A token that can't be refreshed is asked whether it still opens the account: it is kept if so.
    Raises `ReauthRequired`, `PlatformError`.
    """
    if tokens.refresh_token is None:
        await _check_open(Api(client=client, base=service_url, token=tokens.access_token))
        return Grant(access_token=tokens.access_token, redirect_uri=tokens.redirect_uri)
    token = await api.refresh(client, service_url, app=_app(us), refresh_token=tokens.refresh_token)
    grant = _grant(token, redirect_uri=tokens.redirect_uri)
    return msgspec.structs.replace(grant, refresh_token=grant.refresh_token or tokens.refresh_token)


async def revoke(client: httpx.AsyncClient, service_url: str, us: Client | None, held: Held) -> None:
    """Only who we were when we were let in may. Raises `PlatformError`."""
    await api.revoke(client, service_url, app=_app(us), access_token=held.access_token)


def traits(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the adapter has to know of a server that speaks this API, by what it says of itself.

    `tokenExact`: it keeps an Idempotency-Key, which the API asks for and other programs leave out.
    """
    version = str(said.get("version", ""))[:100]
    genuine = GENUINE.fullmatch(version) is not None
    other = OTHER.search(version)
    posts, media = (_part(_part(said, "configuration"), name) for name in ("statuses", "media_attachments"))
    found = {
        "software": "mastodon" if genuine else other[1].lower() if other else "unknown",
        "version": version,
        "tokenExact": genuine,
        "captionMax": _positive(posts.get("max_characters")) or _positive(said.get("max_toot_chars")),
        "mediaMax": _positive(posts.get("max_media_attachments")),
        "imageBytesMax": _positive(media.get("image_size_limit")),
        "videoBytesMax": _positive(media.get("video_size_limit")),
    }
    return {name: value for name, value in found.items() if value is not None}


async def _check_open(as_account: Api) -> None:
    """A request with nothing to reject in it: 422 is how some servers say that the token is dead."""
    try:
        await api.verify_credentials(as_account)
    except Rejected as error:
        if error.category != "user_content":
            raise
        raise ReauthRequired("TOKEN_REFUSED", error.message) from error


async def _exchange(client: httpx.AsyncClient, asked: Asked, app: App, secret: Code) -> Token:
    try:
        return await api.exchange(
            client,
            asked.service_url,
            app=app,
            code=secret.code,
            redirect_uri=asked.redirect_uri,
            verifier=secret.verifier,
            scopes=SCOPES,
        )
    except ReauthRequired as error:
        raise ReauthRequired(
            "CODE_REFUSED", f"the server refuses the code, which works once and soon: {START_AGAIN}"
        ) from error


def _app(us: Client | None) -> App:
    if us is None:
        raise api.app_unknown()
    return App(us.client_id, us.client_secret)


def _grant(token: Token, *, redirect_uri: str | None) -> Grant:
    ends = None if token.expires_in is None else credentials.ending(token.expires_in)
    return Grant(
        access_token=token.access_token,
        refresh_token=token.refresh_token,
        redirect_uri=redirect_uri,
        expires_at=ends,
    )


def _part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
