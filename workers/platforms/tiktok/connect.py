"""Letting us into a TikTok account, and staying in: tokens of a day, refreshed by tokens of a year."""

from typing import Any

from domain.accounts import credentials
from domain.accounts.accounts import Found
from domain.accounts.client_registrations import Client
from domain.accounts.credentials import Grant, Tokens
from domain.connecting import consent_pages
from domain.connecting.connect import Asked, Code
from domain.connecting.consent_pages import PAGES
from schemas.errors import NotSent, ReauthRequired, Rejected, Throttled, TokenExpired
from workers.platforms.connecting import START_AGAIN, Connected, Net
from workers.platforms.tiktok import api, creator, oauth
from workers.platforms.tiktok.api import Api
from workers.platforms.tiktok.oauth import Token

#: Of a refresh token's life, when it is used though nobody needs it: a quiet account stays open.
REFRESHED_AT = 0.5


async def connect(net: Net, asked: Asked, secret: Code) -> Connected:
    """Whose code it is. A code works once: raises `ReauthRequired` for one that was used, `PlatformError`."""
    token = await _exchange(net, asked, secret)
    _check_scopes(token)
    server = Api(client=net.client, base=net.settings.tiktok_api_url, token=token.access_token)
    try:
        person = await api.user_info(server)
    except TokenExpired as error:
        raise ReauthRequired("TOKEN_REFUSED", f"{error.message}: {START_AGAIN}") from error
    found = Found(
        platform=asked.platform,
        service_url=asked.service_url,
        external_id=token.open_id,
        handle=person.username or person.display_name or token.open_id,
        avatar_url=person.avatar_url or None,
        traits=await _traits(server),
    )
    return Connected(found, _grant(token, redirect_uri=asked.redirect_uri))


async def refresh(net: Net, tokens: Tokens) -> Grant:
    """The next pair. Nothing is asked with it: until it is stored, the old one still brings it once more.

    Raises `ReauthRequired`, `PlatformError`.
    """
    if tokens.refresh_token is None:
        raise ReauthRequired("TOKEN_REFUSED", "the account has no refresh token: connect it again")
    token = await oauth.refresh(
        net.client, net.settings.tiktok_api_url, us=_us(net), refresh_token=tokens.refresh_token
    )
    return _grant(token, redirect_uri=tokens.redirect_uri)


async def _exchange(net: Net, asked: Asked, secret: Code) -> Token:
    try:
        return await oauth.exchange(
            net.client,
            net.settings.tiktok_api_url,
            us=_us(net),
            code=secret.code,
            redirect_uri=asked.redirect_uri,
            verifier=secret.verifier,
        )
    except (ReauthRequired, Rejected) as error:
        if error.category == "config":
            raise
        # A code that has been used may come with a verifier that isn't its own: another error of TikTok's.
        raise ReauthRequired(
            "CODE_REFUSED", f"TikTok refuses the code, which works once and soon: {START_AGAIN}"
        ) from error


def _check_scopes(token: Token) -> None:
    """TikTok lets people leave boxes unticked."""
    missing = set(PAGES["tiktok"].scopes.split(",")) - set(token.scope.replace(" ", "").split(","))
    if missing:
        raise ReauthRequired(
            "SCOPE_MISSING",
            f"the account didn't allow {', '.join(sorted(missing))}: {START_AGAIN}, all boxes ticked",
        )


async def _traits(server: Api) -> dict[str, Any]:
    """Nothing where TikTok won't say for now: it is asked again before each post."""
    try:
        return creator.traits(await api.creator_info(server))
    except (NotSent, Rejected, Throttled):
        return {}


def _us(net: Net) -> Client:
    found = consent_pages.applications(net.settings).get("tiktok")
    if found is None:
        raise Rejected(
            "APP_MISSING", "TikTok is not set up on this server: ask its operator", category="config"
        )
    return found.client


def _grant(token: Token, *, redirect_uri: str | None) -> Grant:
    return Grant(
        access_token=token.access_token,
        refresh_token=token.refresh_token,
        redirect_uri=redirect_uri,
        expires_at=credentials.ending(token.expires_in),
        refresh_at=credentials.ending(token.refresh_expires_in * REFRESHED_AT),
    )
