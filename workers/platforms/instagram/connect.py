"""Letting us into an Instagram account: code, token of an hour, token of 60 days, whose it is, its quota.

There is no refresh token: the token itself is extended while it lasts, and once it has ended only the
account's owner helps (research 5.2).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.accounts import credentials
from domain.accounts.accounts import Found
from domain.accounts.client_registrations import Client
from domain.accounts.credentials import Grant, Tokens
from domain.connecting import consent_pages
from domain.connecting.connect import Asked, Code
from schemas.errors import PlatformError, ReauthRequired, Rejected, TokenExpired
from workers.platforms.connecting import START_AGAIN, Connected, Net
from workers.platforms.instagram import api, errors
from workers.platforms.instagram.api import Api, LongLived, ShortLived, Usage

SCOPES = ("instagram_business_basic", "instagram_business_content_publish")
#: What every account may publish in a day, whatever figure is documented where.
QUOTA_FLOOR = 25
#: Of a token's life, when it is extended: on day 50 of 60.
EXTENDED_AT = 5 / 6
#: A token that is younger can't be extended; it lives 60 days.
TOO_YOUNG, LIFE = timedelta(days=1), timedelta(days=60)


async def connect(net: Net, asked: Asked, secret: Code) -> Connected:
    """Whose code it is. A code works once: raises `ReauthRequired` for one that was used, `PlatformError`."""
    us = _us(net)
    short = await _exchange(net, asked, us, secret)
    if not all(short.allows(scope) for scope in SCOPES):
        raise errors.said(errors.SCOPE)
    graph = net.settings.instagram_api_url
    hour = Api(client=net.client, base=graph, token=short.access_token)
    token = await api.lengthen(hour, client_secret=us.client_secret)
    server = Api(client=net.client, base=graph, token=token.access_token)
    person = await api.me(server)
    found = Found(
        platform=asked.platform,
        service_url=asked.service_url,
        external_id=str(person.user_id),
        handle=person.username,
        avatar_url=person.profile_picture_url,
        traits=await _traits(server, str(person.user_id)),
    )
    return Connected(found, _grant(token))


async def refresh(net: Net, tokens: Tokens) -> Grant:
    """The token for another 60 days.

    One that is too young for that is asked whether it still opens the account: it is kept if so.
    Raises `ReauthRequired`, `PlatformError`.
    """
    server = Api(client=net.client, base=net.settings.instagram_api_url, token=tokens.access_token)
    try:
        if _is_young(tokens):
            await api.me(server)
            return _kept(tokens)
        return _grant(await api.refresh(server))
    except TokenExpired as error:
        raise ReauthRequired(error.code, f"{error.message}: {errors.CONNECT}") from error


async def _exchange(net: Net, asked: Asked, us: Client, secret: Code) -> ShortLived:
    try:
        return await api.exchange(
            net.client,
            net.settings.instagram_oauth_url,
            client_id=us.client_id,
            client_secret=us.client_secret,
            redirect_uri=asked.redirect_uri,
            code=secret.code.removesuffix("#_"),
            verifier=secret.verifier,
        )
    except ReauthRequired as error:
        raise ReauthRequired(
            "CODE_REFUSED",
            f"Instagram refuses the code, which works once and soon ({error.message}): {START_AGAIN}",
        ) from error


async def _traits(server: Api, account_id: str) -> dict[str, Any]:
    """An account is connected without its own figures where they can't be read: the code is used up."""
    try:
        return traits(await api.usage(server, account_id))
    except ReauthRequired:
        raise
    except PlatformError:
        return {"software": "instagram"}


def traits(said: Usage) -> dict[str, Any]:
    config = said.config
    quota = {"quotaPosts": max(QUOTA_FLOOR, config.quota_total), "quotaSeconds": config.quota_duration}
    return {"software": "instagram"} | (quota if config.quota_duration > 0 else {})


def _us(net: Net) -> Client:
    ours = consent_pages.applications(net.settings).get("instagram")
    if ours is None:
        raise Rejected(
            "APP_MISSING", "Instagram is not set up on this server: ask its operator", category="config"
        )
    return ours.client


def _is_young(tokens: Tokens) -> bool:
    ends = tokens.expires_at
    return ends is not None and ends - datetime.now(UTC) > LIFE - TOO_YOUNG


def _kept(tokens: Tokens) -> Grant:
    return Grant(
        access_token=tokens.access_token, expires_at=tokens.expires_at, refresh_at=_due(tokens.expires_at)
    )


def _grant(token: LongLived) -> Grant:
    ends = credentials.ending(token.expires_in)
    return Grant(access_token=token.access_token, expires_at=ends, refresh_at=_due(ends))


def _due(ends: datetime | None) -> datetime | None:
    """Never within a day of now, when it could not be done yet."""
    if ends is None:
        return None
    now = datetime.now(UTC)
    return max(now + (ends - now) * EXTENDED_AT, now + TOO_YOUNG)
