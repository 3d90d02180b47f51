"""Connection of a Mastodon account: the registration, a code for a token, its refresh and its revocation."""

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import msgspec

from domain.accounts import credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.client_registrations import OAuthClient, PlatformServerRef
from domain.accounts.credentials import TokenGrant
from domain.connecting.connect import AccountConnectJobArgs, AccountConnectJobInput, ConsentCodeAndVerifier
from domain.connecting.token_refresh import TokenRefreshJobInput
from domain.connecting.token_revocation import TokenRevocationJobInput
from platforms.mastodon import api
from platforms.mastodon.api import MastodonApi, MastodonToken
from platforms.mastodon.description import MASTODON_SCOPES
from schemas.errors import AccountReauthRequired, PlatformRefusal
from workers.platforms.connecting import (
    START_CONNECT_AGAIN_ADVICE,
    AccountWithTokens,
    OutgoingNetwork,
    build_code_exchange_form,
    build_token_refresh_form,
)

#: Versions of Mastodon and its forks, such as `4.4.1+glitch`. Other programs add their names, such as `2.7.2
#: (compatible; Pleroma 2.6.2)` or `4.0.0 (not true; really snac/2.75)`, or are at 0.x (GoToSocial).
GENUINE_MASTODON_VERSION_PATTERN = re.compile(r"[3-9]\.\d+\.\d+([-+.][\w.+-]*)?|[1-9]\d\.\d+\.\d+([-+.][\w.+-]*)?")
REAL_SERVER_SOFTWARE_PATTERN = re.compile(r"(?:compatible;|really)\s*([A-Za-z][\w-]*)")


async def register_with_mastodon_server(net: OutgoingNetwork, server: PlatformServerRef) -> OAuthClient:
    """Register this application with a Mastodon server; return its client id and secret.

    Each call creates another registration. Raises `PlatformError`.
    """
    app = await api.register_mastodon_app(
        net.client,
        server.service_url,
        name="Tenantry",
        redirect_uri=server.redirect_uri,
        scopes=MASTODON_SCOPES,
        website=net.settings.public_url,
    )
    return OAuthClient(app.client_id, app.client_secret)


async def connect_mastodon_account(net: OutgoingNetwork, attempt: AccountConnectJobInput) -> AccountWithTokens:
    """Exchange the one-time code for a Mastodon account's tokens; return the account with them.

    Raises `AccountReauthRequired` for a refused code, any `PlatformError`.
    """
    client, asked, code = net.client, attempt.asked, cast("ConsentCodeAndVerifier", attempt.secret)
    token = await _exchange_oauth_code(client, asked, _require_server_registration(attempt.client), code)
    person = await api.get_mastodon_user(MastodonApi(client=client, base=asked.service_url, token=token.access_token))
    described = await api.get_mastodon_server_info(client, asked.service_url)
    account = AccountIdentity(
        platform=asked.platform,
        service_url=asked.service_url,
        external_id=person.id,
        handle=f"{person.username}@{urlsplit(asked.service_url).netloc}",
        avatar_url=person.avatar,
        traits=build_mastodon_instance_traits(described),
    )
    return AccountWithTokens(account, _build_mastodon_token_grant(token, redirect_uri=asked.redirect_uri))


async def refresh_mastodon_token(net: OutgoingNetwork, attempt: TokenRefreshJobInput) -> TokenGrant:
    """Exchange the refresh token of a Mastodon account; return its new tokens.

    If the server returns no new refresh token, the old one is kept. An account without a refresh token keeps
    its access token if that still works. Raises `AccountReauthRequired`, `PlatformError`.
    """
    client, service_url, tokens = net.client, attempt.server.service_url, attempt.tokens
    if tokens.refresh_token is None:
        await _check_mastodon_token(MastodonApi(client=client, base=service_url, token=tokens.access_token))
        return TokenGrant(access_token=tokens.access_token, redirect_uri=tokens.redirect_uri)
    token = await api.exchange_mastodon_token(
        client,
        service_url,
        _require_server_registration(attempt.client),
        build_token_refresh_form(tokens.refresh_token),
    )
    grant = _build_mastodon_token_grant(token, redirect_uri=tokens.redirect_uri)
    return msgspec.structs.replace(grant, refresh_token=grant.refresh_token or tokens.refresh_token)


async def revoke_mastodon_access(net: OutgoingNetwork, attempt: TokenRevocationJobInput) -> None:
    """Revoke the token by the registration that got it. Raise `PlatformRefusal` without it, `PlatformError`."""
    us = _require_server_registration(attempt.client)
    await api.revoke_mastodon_token(net.client, attempt.server.service_url, us, attempt.revocable.access_token)


def build_mastodon_instance_traits(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the server's traits for the adapter, by the server's own description.

    `tokenExact`: it keeps an Idempotency-Key, as the API specifies. Only Mastodon and its forks do.
    """
    version = str(described.get("version", ""))[:100]
    genuine = GENUINE_MASTODON_VERSION_PATTERN.fullmatch(version) is not None
    other_software = REAL_SERVER_SOFTWARE_PATTERN.search(version)
    posts, media = (
        _get_object_or_empty(_get_object_or_empty(described, "configuration"), name)
        for name in ("statuses", "media_attachments")
    )
    traits = {
        "software": "mastodon" if genuine else other_software[1].lower() if other_software else "unknown",
        "version": version,
        "tokenExact": genuine,
        "captionMax": _positive_int_or_none(posts.get("max_characters"))
        or _positive_int_or_none(described.get("max_toot_chars")),
        "mediaMax": _positive_int_or_none(posts.get("max_media_attachments")),
        "imageBytesMax": _positive_int_or_none(media.get("image_size_limit")),
        "videoBytesMax": _positive_int_or_none(media.get("video_size_limit")),
    }
    return {name: value for name, value in traits.items() if value is not None}


async def _check_mastodon_token(as_account: MastodonApi) -> None:
    """Check that the token works. Raises `AccountReauthRequired` for a dead token, any `PlatformError`.

    A 422 also means a dead token: this request has nothing else to reject.
    """
    try:
        await api.get_mastodon_user(as_account)
    except PlatformRefusal as error:
        if error.category != "user_content":
            raise
        raise AccountReauthRequired("TOKEN_REFUSED", error.message) from error


async def _exchange_oauth_code(
    client: httpx.AsyncClient, asked: AccountConnectJobArgs, us: OAuthClient, secret: ConsentCodeAndVerifier
) -> MastodonToken:
    form = {**build_code_exchange_form(asked, secret), "scope": MASTODON_SCOPES}
    try:
        return await api.exchange_mastodon_token(client, asked.service_url, us, form)
    except AccountReauthRequired as error:
        raise AccountReauthRequired(
            "CODE_REFUSED", f"the server refuses the code, which works once and soon: {START_CONNECT_AGAIN_ADVICE}"
        ) from error


def _require_server_registration(us: OAuthClient | None) -> OAuthClient:
    if us is None:
        raise api.build_unknown_oauth_app_error()
    return us


def _build_mastodon_token_grant(token: MastodonToken, *, redirect_uri: str | None) -> TokenGrant:
    expires_at = None if token.expires_in is None else credentials.token_expiry_after(token.expires_in)
    return TokenGrant(
        access_token=token.access_token,
        refresh_token=token.refresh_token,
        redirect_uri=redirect_uri,
        expires_at=expires_at,
    )


def _get_object_or_empty(described: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = described.get(name)
    return part if isinstance(part, dict) else {}


def _positive_int_or_none(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
