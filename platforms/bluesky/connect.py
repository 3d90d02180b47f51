"""Connection of a Bluesky account by an app password. Only the session's tokens are stored."""

from datetime import UTC, datetime
from typing import cast

import httpx

from domain.accounts import credentials, servers
from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import AccountTokens, TokenGrant
from domain.connecting.connect import AccountConnectJobInput, HandleAndAppPassword
from platforms.bluesky import api
from platforms.bluesky.api import PdsApi, PdsSession
from schemas.errors import InvalidValue, PlatformError, PlatformRefusal
from workers.platforms.connecting import AccountWithTokens, OutgoingNetwork


async def connect_bluesky_account(net: OutgoingNetwork, attempt: AccountConnectJobInput) -> AccountWithTokens:
    """Log in with the app password; return the Bluesky account and its session's tokens.

    Later calls go to the account's own server, which its DID document names. Raises `AccountReauthRequired`
    for a wrong password, `PlatformRefusal` for an inactive account, any `PlatformError`.
    """
    asked, secret = attempt.asked, cast("HandleAndAppPassword", attempt.secret)
    session = await api.create_pds_session(
        net.client, asked.service_url, identifier=secret.identifier, password=secret.password
    )
    if not session.active:
        raise PlatformRefusal(
            "ACCOUNT_INACTIVE", f"the account is {session.status or 'inactive'}", category="account_issue"
        )
    home = _find_home_server_url(net, session, asked.service_url)
    account = AccountIdentity(
        platform=asked.platform,
        service_url=home,
        external_id=session.did,
        handle=session.handle,
        avatar_url=await _fetch_avatar_url(net.client, home, session),
        traits={"software": "atproto"},
    )
    return AccountWithTokens(account, _build_bluesky_token_grant(session))


async def fetch_new_bluesky_tokens(client: httpx.AsyncClient, service_url: str, tokens: AccountTokens) -> TokenGrant:
    """Exchange the refresh token of a Bluesky session; return the session's next tokens.

    Raises `AccountReauthRequired` if the session has ended, any `PlatformError`.
    """
    session = await api.refresh_pds_session(client, service_url, refresh_token=tokens.refresh_token or "")
    return _build_bluesky_token_grant(session)


def _find_home_server_url(net: OutgoingNetwork, session: PdsSession, asked: str) -> str:
    try:
        return servers.normalize_account_server(session.pds_url or asked, allowed=net.allowed, path="serviceUrl")
    except InvalidValue:
        return asked


async def _fetch_avatar_url(client: httpx.AsyncClient, home: str, session: PdsSession) -> str | None:
    """Return an account's avatar address; None without one, or if it can't be read, since an account needs none."""
    try:
        return await api.get_bluesky_avatar_url(PdsApi(client=client, base=home, token=session.access_jwt), session.did)
    except PlatformError:
        return None


def _build_bluesky_token_grant(session: PdsSession) -> TokenGrant:
    expires_at = session.access_token_expires_at
    return TokenGrant(
        access_token=session.access_jwt,
        refresh_token=session.refresh_jwt,
        expires_at=expires_at and credentials.token_expiry_after((expires_at - datetime.now(UTC)).total_seconds()),
    )
