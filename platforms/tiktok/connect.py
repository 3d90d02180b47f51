"""Connection of a TikTok account: access tokens of a day, refreshed by tokens of a year; revocation."""

from datetime import UTC, datetime
from typing import Any, cast

from domain.accounts import credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import AccountTokens, TokenGrant
from domain.connecting.connect import AccountConnectJobArgs, AccountConnectJobInput, ConsentCodeAndVerifier
from platforms.tiktok import api, creator, oauth
from platforms.tiktok.description import TIKTOK_SCOPES, TikTokSettings
from platforms.tiktok.oauth import TikTokTokens
from schemas.errors import AccessTokenExpired, AccountReauthRequired, PlatformRefusal, PlatformThrottled, PostNotSent
from workers.platforms.connecting import (
    START_CONNECT_AGAIN_ADVICE,
    AccountWithTokens,
    OutgoingNetwork,
    build_code_exchange_form,
    build_token_refresh_form,
)
from workers.platforms.http import PlatformApi

#: Part of a refresh token's life after which it is used even without need, so that it never expires.
REFRESH_TOKEN_MAX_IDLE_SHARE = 0.5


async def connect_tiktok_account(net: OutgoingNetwork, attempt: AccountConnectJobInput) -> AccountWithTokens:
    """Exchange the one-time code for a TikTok account's tokens; return the account with them.

    Raises `AccountReauthRequired` for a refused code or a missing scope, any `PlatformError`.
    """
    asked = attempt.asked
    token = await _exchange_oauth_code(net, asked, cast("ConsentCodeAndVerifier", attempt.secret))
    _check_granted_scopes(token)
    server = PlatformApi(
        client=net.client,
        base=net.settings.get_platform_settings(TikTokSettings).tiktok_api_url,
        token=token.access_token,
    )
    try:
        person = await api.get_tiktok_user(server)
    except AccessTokenExpired as error:
        raise AccountReauthRequired("TOKEN_REFUSED", f"{error.message}: {START_CONNECT_AGAIN_ADVICE}") from error
    account = AccountIdentity(
        platform=asked.platform,
        service_url=asked.service_url,
        external_id=token.open_id,
        handle=person.username or person.display_name or token.open_id,
        avatar_url=person.avatar_url or None,
        traits=await _read_account_traits(server),
    )
    return AccountWithTokens(account, _tiktok_tokens_to_grant(token, redirect_uri=asked.redirect_uri))


async def refresh_tiktok_tokens(net: OutgoingNetwork, tokens: AccountTokens | TokenGrant) -> TokenGrant:
    """Exchange the refresh token of a TikTok account; return its next tokens.

    Store them before use: until then the old refresh token returns them again. Raises `AccountReauthRequired`
    for a missing or refused one, any `PlatformError`.
    """
    if tokens.refresh_token is None:
        raise AccountReauthRequired("TOKEN_REFUSED", "the account has no refresh token: connect it again")
    token = await oauth.exchange_tiktok_token(net, build_token_refresh_form(tokens.refresh_token))
    return _tiktok_tokens_to_grant(token, redirect_uri=tokens.redirect_uri)


async def revoke_tiktok_access(net: OutgoingNetwork, revocable: TokenGrant) -> None:
    """Revoke an account's access at TikTok.

    TikTok revokes only a living token, so an access token that ends soon is refreshed first. Raises
    `PlatformRefusal` if TikTok no longer has the token, any `PlatformError`.
    """
    token = revocable.access_token
    if credentials.is_token_ending_soon(revocable.expires_at, now=datetime.now(UTC)):
        token = (await refresh_tiktok_tokens(net, revocable)).access_token
    await oauth.post_tiktok_oauth_form(net, "revoke", {"token": token})


async def _exchange_oauth_code(
    net: OutgoingNetwork, asked: AccountConnectJobArgs, secret: ConsentCodeAndVerifier
) -> TikTokTokens:
    try:
        return await oauth.exchange_tiktok_token(net, build_code_exchange_form(asked, secret))
    except (AccountReauthRequired, PlatformRefusal) as error:
        if error.category == "config":
            raise
        # For a used code with another user's verifier TikTok has another error.
        raise AccountReauthRequired(
            "CODE_REFUSED", f"TikTok refuses the code, which works once and soon: {START_CONNECT_AGAIN_ADVICE}"
        ) from error


def _check_granted_scopes(token: TikTokTokens) -> None:
    """Raise `AccountReauthRequired` for a missing scope: people may leave boxes unticked at TikTok."""
    missing = set(TIKTOK_SCOPES.split(",")) - set(token.scope.replace(" ", "").split(","))
    if missing:
        raise AccountReauthRequired(
            "SCOPE_MISSING",
            f"the account didn't allow {', '.join(sorted(missing))}: {START_CONNECT_AGAIN_ADVICE}, all boxes ticked",
        )


async def _read_account_traits(server: PlatformApi) -> dict[str, Any]:
    """Return the posting traits of a TikTok account; none if they can't be read now. Each post reads them again."""
    try:
        return creator.build_tiktok_creator_traits(await api.get_tiktok_creator_info(server))
    except (PostNotSent, PlatformRefusal, PlatformThrottled):
        return {}


def _tiktok_tokens_to_grant(token: TikTokTokens, *, redirect_uri: str | None) -> TokenGrant:
    return TokenGrant(
        access_token=token.access_token,
        refresh_token=token.refresh_token,
        redirect_uri=redirect_uri,
        expires_at=credentials.token_expiry_after(token.expires_in),
        refresh_at=credentials.token_expiry_after(token.refresh_expires_in * REFRESH_TOKEN_MAX_IDLE_SHARE),
    )
