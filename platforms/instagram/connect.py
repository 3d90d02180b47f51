"""Connection of an Instagram account: a code for a token of an hour, then one of 60 days.

There is no refresh token: the token itself is extended while it lasts.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from domain.accounts import credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.client_registrations import Client
from domain.accounts.credentials import Grant, Tokens
from domain.connecting.connect import Code, ConnectArgs, ConnectAttempt
from platforms.instagram import api, errors
from platforms.instagram.api import HourToken, QuotaUsage, SixtyDayToken
from platforms.instagram.description import DESCRIPTION, SCOPES, InstagramSettings
from schemas.errors import PlatformError, ReauthRequired, TokenExpired
from workers.platforms.connecting import (
    START_AGAIN,
    AccountConnection,
    OutgoingNetwork,
    code_form,
    get_application,
)
from workers.platforms.http import PlatformApi

#: Posts that every account may publish in a day. Meta's pages name 100, 50 and 25; the account has its own.
QUOTA_FLOOR = 25
#: Part of a token's life after which it is extended: day 50 of 60.
TOKEN_EXTEND_SHARE = 5 / 6
#: Age below which a token can't be extended.
MIN_EXTEND_AGE = timedelta(days=1)
TOKEN_LIFE = timedelta(days=60)


async def connect(net: OutgoingNetwork, attempt: ConnectAttempt) -> AccountConnection:
    """Exchange the one-time code for tokens, and return the account with them.

    Raises `ReauthRequired` for a used code, `PlatformError`.
    """
    asked, secret = attempt.asked, cast("Code", attempt.secret)
    us = get_application(net, DESCRIPTION)
    short = await _exchange(net, asked, us, secret)
    if not all(short.allows(scope) for scope in SCOPES):
        raise errors.SCOPE.make()
    graph = net.settings.as_platform(InstagramSettings).instagram_api_url
    hour = PlatformApi(client=net.client, base=graph, token=short.access_token)
    token = await api.exchange_for_long_token(hour, client_secret=us.client_secret)
    server = PlatformApi(client=net.client, base=graph, token=token.access_token)
    person = await api.get_user(server)
    account = AccountIdentity(
        platform=asked.platform,
        service_url=asked.service_url,
        external_id=str(person.user_id),
        handle=person.username,
        avatar_url=person.profile_picture_url,
        traits=await _traits(server, str(person.user_id)),
    )
    return AccountConnection(account, _grant(token))


async def refresh(net: OutgoingNetwork, tokens: Tokens) -> Grant:
    """Extend the token by 60 days. A token younger than a day is kept if it still works.

    Raises `ReauthRequired`, `PlatformError`.
    """
    server = PlatformApi(
        client=net.client,
        base=net.settings.as_platform(InstagramSettings).instagram_api_url,
        token=tokens.access_token,
    )
    try:
        if _is_young(tokens):
            await api.get_user(server)
            return _unchanged_grant(tokens)
        return _grant(await api.extend_sixty_day_token(server))
    except TokenExpired as error:
        raise ReauthRequired(error.code, f"{error.message}: {errors.CONNECT}") from error


async def _exchange(net: OutgoingNetwork, asked: ConnectArgs, us: Client, secret: Code) -> HourToken:
    base = net.settings.as_platform(InstagramSettings).instagram_oauth_url
    form = {**code_form(asked, secret), "code": secret.code.removesuffix("#_")}
    try:
        return await api.exchange(net.client, base, us, form)
    except ReauthRequired as error:
        raise ReauthRequired(
            "CODE_REFUSED",
            f"Instagram refuses the code, which works once and soon ({error.message}): {START_AGAIN}",
        ) from error


async def _traits(server: PlatformApi, account_id: str) -> dict[str, Any]:
    """Return the account's traits; without its quota if that can't be read, since the code is used up."""
    try:
        return traits(await api.get_usage(server, account_id))
    except ReauthRequired:
        raise
    except PlatformError:
        return {"software": "instagram"}


def traits(usage: QuotaUsage) -> dict[str, Any]:
    config = usage.config
    quota = {"quotaPosts": max(QUOTA_FLOOR, config.quota_total), "quotaSeconds": config.quota_duration}
    return {"software": "instagram"} | (quota if config.quota_duration > 0 else {})


def _is_young(tokens: Tokens) -> bool:
    expires_at = tokens.expires_at
    return expires_at is not None and expires_at - datetime.now(UTC) > TOKEN_LIFE - MIN_EXTEND_AGE


def _unchanged_grant(tokens: Tokens) -> Grant:
    return Grant(
        access_token=tokens.access_token,
        expires_at=tokens.expires_at,
        refresh_at=_extend_at(tokens.expires_at),
    )


def _grant(token: SixtyDayToken) -> Grant:
    expires_at = credentials.expiry_after(token.expires_in)
    return Grant(access_token=token.access_token, expires_at=expires_at, refresh_at=_extend_at(expires_at))


def _extend_at(expires_at: datetime | None) -> datetime | None:
    """Return the time to extend a token that ends at `expires_at`; None for a token without an end.

    It is at least a day from now: Instagram would refuse earlier.
    """
    if expires_at is None:
        return None
    now = datetime.now(UTC)
    return max(now + (expires_at - now) * TOKEN_EXTEND_SHARE, now + MIN_EXTEND_AGE)
