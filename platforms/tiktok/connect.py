"""Connection of a TikTok account: access tokens of a day, refreshed by tokens of a year; revocation."""

from datetime import UTC, datetime
from typing import Any, cast

from domain.accounts import credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import Grant, Tokens
from domain.connecting.connect import Code, ConnectArgs, ConnectAttempt
from domain.connecting.token_revocation import Revocable
from platforms.tiktok import api, creator, oauth
from platforms.tiktok.description import SCOPES, TikTokSettings
from platforms.tiktok.oauth import TikTokTokens
from schemas.errors import PostNotSent, PostRejected, ReauthRequired, Throttled, TokenExpired
from workers.platforms.connecting import (
    START_AGAIN,
    AccountConnection,
    OutgoingNetwork,
    code_form,
    refresh_form,
)
from workers.platforms.http import PlatformApi

#: Part of a refresh token's life after which it is used even without need, so that it never expires.
TOKEN_REFRESH_SHARE = 0.5


async def connect(net: OutgoingNetwork, attempt: ConnectAttempt) -> AccountConnection:
    """Exchange the one-time code for tokens, and return the account with them.

    Raises `ReauthRequired` for a used code, `PlatformError`.
    """
    asked = attempt.asked
    token = await _exchange(net, asked, cast("Code", attempt.secret))
    _check_scopes(token)
    server = PlatformApi(
        client=net.client,
        base=net.settings.as_platform(TikTokSettings).tiktok_api_url,
        token=token.access_token,
    )
    try:
        person = await api.get_user(server)
    except TokenExpired as error:
        raise ReauthRequired("TOKEN_REFUSED", f"{error.message}: {START_AGAIN}") from error
    account = AccountIdentity(
        platform=asked.platform,
        service_url=asked.service_url,
        external_id=token.open_id,
        handle=person.username or person.display_name or token.open_id,
        avatar_url=person.avatar_url or None,
        traits=await _traits(server),
    )
    return AccountConnection(account, _grant(token, redirect_uri=asked.redirect_uri))


async def refresh(net: OutgoingNetwork, tokens: Tokens) -> Grant:
    """Return the next tokens. Store them before use: until then the old one returns them again.

    Raises `ReauthRequired`, `PlatformError`.
    """
    if tokens.refresh_token is None:
        raise ReauthRequired("TOKEN_REFUSED", "the account has no refresh token: connect it again")
    token = await oauth.exchange_token(net, refresh_form(tokens.refresh_token))
    return _grant(token, redirect_uri=tokens.redirect_uri)


async def revoke(net: OutgoingNetwork, revocable: Revocable) -> None:
    """Revoke the access. TikTok revokes only a living token, so one that ends soon is refreshed first.

    Raises `PostRejected` if TikTok no longer has the token, any `PlatformError`.
    """
    token = revocable.access_token
    if credentials.ends_soon(revocable.expires_at, now=datetime.now(UTC)):
        token = (await refresh(net, revocable.tokens)).access_token
    await oauth.post(net, "revoke", {"token": token})


async def _exchange(net: OutgoingNetwork, asked: ConnectArgs, secret: Code) -> TikTokTokens:
    try:
        return await oauth.exchange_token(net, code_form(asked, secret))
    except (ReauthRequired, PostRejected) as error:
        if error.category == "config":
            raise
        # For a used code with another user's verifier TikTok has another error.
        raise ReauthRequired(
            "CODE_REFUSED", f"TikTok refuses the code, which works once and soon: {START_AGAIN}"
        ) from error


def _check_scopes(token: TikTokTokens) -> None:
    """Raise `ReauthRequired` for a missing scope: people may leave boxes unticked at TikTok."""
    missing = set(SCOPES.split(",")) - set(token.scope.replace(" ", "").split(","))
    if missing:
        raise ReauthRequired(
            "SCOPE_MISSING",
            f"the account didn't allow {', '.join(sorted(missing))}: {START_AGAIN}, all boxes ticked",
        )


async def _traits(server: PlatformApi) -> dict[str, Any]:
    """Return the account's traits; none if they can't be read now, since each post reads them again."""
    try:
        return creator.traits(await api.get_creator(server))
    except (PostNotSent, PostRejected, Throttled):
        return {}


def _grant(token: TikTokTokens, *, redirect_uri: str | None) -> Grant:
    return Grant(
        access_token=token.access_token,
        refresh_token=token.refresh_token,
        redirect_uri=redirect_uri,
        expires_at=credentials.expiry_after(token.expires_in),
        refresh_at=credentials.expiry_after(token.refresh_expires_in * TOKEN_REFRESH_SHARE),
    )
