"""Connection of a Bluesky account by an app password. Only the session's tokens are stored."""

from datetime import UTC, datetime
from typing import cast

import httpx

from domain.accounts import credentials, servers
from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import Grant, Tokens
from domain.connecting.connect import ConnectAttempt, Login
from domain.connecting.token_revocation import Revocable
from platforms.bluesky import api
from platforms.bluesky.api import PdsApi, PdsSession
from schemas.errors import Invalid, PlatformError, PostRejected
from workers.platforms.connecting import AccountConnection, OutgoingNetwork


async def connect(net: OutgoingNetwork, attempt: ConnectAttempt) -> AccountConnection:
    """Log in with the app password, and return the account with the session's tokens.

    Later calls go to the account's own server, which its DID document names. Raises `ReauthRequired` for a
    wrong password, any `PlatformError`.
    """
    asked, secret = attempt.asked, cast("Login", attempt.secret)
    session = await api.create_session(
        net.client, asked.service_url, identifier=secret.identifier, password=secret.password
    )
    if not session.active:
        raise PostRejected(
            "ACCOUNT_INACTIVE", f"the account is {session.status or 'inactive'}", category="account_issue"
        )
    home = _find_home_server(net, session, asked.service_url)
    account = AccountIdentity(
        platform=asked.platform,
        service_url=home,
        external_id=session.did,
        handle=session.handle,
        avatar_url=await _find_avatar_url(net.client, home, session),
        traits={"software": "atproto"},
    )
    return AccountConnection(account, _grant(session))


async def refresh(client: httpx.AsyncClient, service_url: str, tokens: Tokens) -> Grant:
    """Return the session's next tokens. Raises `ReauthRequired` past its end, any `PlatformError`."""
    session = await api.refresh_session(client, service_url, refresh_token=tokens.refresh_token or "")
    return _grant(session)


async def revoke(client: httpx.AsyncClient, service_url: str, revocable: Revocable) -> None:
    """End the session. Raises `TokenExpired` if it has ended, any `PlatformError`."""
    await api.delete_session(client, service_url, refresh_token=revocable.refresh_token or "")


def _find_home_server(net: OutgoingNetwork, session: PdsSession, asked: str) -> str:
    try:
        return servers.of_url(session.server or asked, allowed=net.allowed, path="serviceUrl")
    except Invalid:
        return asked


async def _find_avatar_url(client: httpx.AsyncClient, home: str, session: PdsSession) -> str | None:
    """Return the avatar's address; None if it can't be read, since an account needs none."""
    try:
        return await api.avatar_url(PdsApi(client=client, base=home, token=session.access_jwt), session.did)
    except PlatformError:
        return None


def _grant(session: PdsSession) -> Grant:
    expires_at = session.expires_at
    return Grant(
        access_token=session.access_jwt,
        refresh_token=session.refresh_jwt,
        expires_at=expires_at and credentials.expiry_after((expires_at - datetime.now(UTC)).total_seconds()),
    )
