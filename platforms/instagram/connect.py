"""Connection of an Instagram account: a code for a token of an hour, then one of 60 days.

There is no refresh token: the token itself is extended while it lasts.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from domain.accounts import credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.client_registrations import OAuthClient
from domain.accounts.credentials import AccountTokens, TokenGrant
from domain.connecting.connect import AccountConnectJobArgs, AccountConnectJobInput, ConsentCodeAndVerifier
from platforms.instagram import api, errors
from platforms.instagram.api import InstagramQuotaUsage, InstagramShortLivedToken, InstagramSixtyDayToken
from platforms.instagram.description import INSTAGRAM_SCOPES, PLATFORM_DESCRIPTION, InstagramSettings
from schemas.errors import AccessTokenExpired, AccountReauthRequired, PlatformError
from workers.platforms.connecting import (
    START_CONNECT_AGAIN_ADVICE,
    AccountWithTokens,
    OutgoingNetwork,
    build_code_exchange_form,
    get_operator_oauth_client,
)
from workers.platforms.http import PlatformApi

#: Posts that every account may publish in a day. Meta's pages name 100, 50 and 25; the account has its own.
MIN_INSTAGRAM_DAILY_POST_QUOTA = 25
#: Part of a token's life after which it is extended: day 50 of 60.
TOKEN_LIFE_SHARE_UNTIL_EXTENSION = 5 / 6
#: Age below which a token can't be extended.
MIN_TOKEN_EXTEND_AGE = timedelta(days=1)
INSTAGRAM_TOKEN_LIFE = timedelta(days=60)


async def connect_instagram_account(net: OutgoingNetwork, attempt: AccountConnectJobInput) -> AccountWithTokens:
    """Exchange the one-time code for an Instagram token of 60 days; return the account with it.

    Raises `AccountReauthRequired` for a refused code or a missing scope, any `PlatformError`.
    """
    asked, secret = attempt.asked, cast("ConsentCodeAndVerifier", attempt.secret)
    us = get_operator_oauth_client(net, PLATFORM_DESCRIPTION)
    short = await _exchange_oauth_code(net, asked, us, secret)
    if not all(short.has_scope(scope) for scope in INSTAGRAM_SCOPES):
        raise errors.INSTAGRAM_SCOPE_MISSING_ERROR_MEANING.build_error()
    graph = net.settings.get_platform_settings(InstagramSettings).instagram_api_url
    hour = PlatformApi(client=net.client, base=graph, token=short.access_token)
    token = await api.exchange_for_sixty_day_token(hour, client_secret=us.client_secret)
    server = PlatformApi(client=net.client, base=graph, token=token.access_token)
    person = await api.get_instagram_user(server)
    account = AccountIdentity(
        platform=asked.platform,
        service_url=asked.service_url,
        external_id=str(person.user_id),
        handle=person.username,
        avatar_url=person.profile_picture_url,
        traits=await _read_account_quota_traits(server, str(person.user_id)),
    )
    return AccountWithTokens(account, _build_stored_grant_of_sixty_day_token(token))


async def refresh_instagram_token(net: OutgoingNetwork, tokens: AccountTokens) -> TokenGrant:
    """Extend an account's Instagram token to 60 days from now; return it with its new times.

    A token younger than a day can't be extended: it is checked and returned unchanged. Raises
    `AccountReauthRequired` if Instagram refuses the token, any `PlatformError`.
    """
    server = PlatformApi(
        client=net.client,
        base=net.settings.get_platform_settings(InstagramSettings).instagram_api_url,
        token=tokens.access_token,
    )
    try:
        if _is_token_too_young_to_extend(tokens):
            await api.get_instagram_user(server)
            return _build_extendable_token_grant(tokens.access_token, tokens.expires_at)
        return _build_stored_grant_of_sixty_day_token(await api.extend_sixty_day_token(server))
    except AccessTokenExpired as error:
        raise AccountReauthRequired(error.code, f"{error.message}: {errors.CONNECT_AGAIN_ADVICE}") from error


async def _exchange_oauth_code(
    net: OutgoingNetwork, asked: AccountConnectJobArgs, us: OAuthClient, secret: ConsentCodeAndVerifier
) -> InstagramShortLivedToken:
    base = net.settings.get_platform_settings(InstagramSettings).instagram_oauth_url
    form = {**build_code_exchange_form(asked, secret), "code": secret.code.removesuffix("#_")}
    try:
        return await api.exchange_code_for_hour_token(net.client, base, us, form)
    except AccountReauthRequired as error:
        raise AccountReauthRequired(
            "CODE_REFUSED",
            f"Instagram refuses the code, which works once and soon ({error.message}): {START_CONNECT_AGAIN_ADVICE}",
        ) from error


async def _read_account_quota_traits(server: PlatformApi, account_id: str) -> dict[str, Any]:
    """Return the traits of an Instagram account, with its daily post quota.

    If the quota can't be read, it is left out: the one-time code is already used up. Raises `AccountReauthRequired`.
    """
    try:
        return build_quota_traits(await api.get_instagram_quota_usage(server, account_id))
    except AccountReauthRequired:
        raise
    except PlatformError:
        return {"software": "instagram"}


def build_quota_traits(usage: InstagramQuotaUsage) -> dict[str, Any]:
    config = usage.config
    quota = {
        "quotaPosts": max(MIN_INSTAGRAM_DAILY_POST_QUOTA, config.quota_total),
        "quotaSeconds": config.quota_duration,
    }
    return {"software": "instagram"} | (quota if config.quota_duration > 0 else {})


def _is_token_too_young_to_extend(tokens: AccountTokens) -> bool:
    expires_at = tokens.expires_at
    return expires_at is not None and expires_at - datetime.now(UTC) > INSTAGRAM_TOKEN_LIFE - MIN_TOKEN_EXTEND_AGE


def _build_stored_grant_of_sixty_day_token(token: InstagramSixtyDayToken) -> TokenGrant:
    return _build_extendable_token_grant(token.access_token, credentials.token_expiry_after(token.expires_in))


def _build_extendable_token_grant(access_token: str, expires_at: datetime | None) -> TokenGrant:
    return TokenGrant(access_token=access_token, expires_at=expires_at, refresh_at=_token_extend_time(expires_at))


def _token_extend_time(expires_at: datetime | None) -> datetime | None:
    """Return the time to extend an Instagram token: after 5/6 of its remaining life, at least a day from now.

    None for a token without an expiry. Instagram refuses to extend a token younger than a day.
    """
    if expires_at is None:
        return None
    now = datetime.now(UTC)
    return max(now + (expires_at - now) * TOKEN_LIFE_SHARE_UNTIL_EXTENSION, now + MIN_TOKEN_EXTEND_AGE)
