"""Connection of a sandbox's account: every handle works, and is the same account each time."""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from domain.accounts import credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import Grant
from domain.connecting.connect import Code, ConnectArgs, Login
from platforms.instagram import connect as instagram
from platforms.tiktok import connect as tiktok
from schemas.errors import ReauthRequired
from workers.platforms.connecting import AccountConnection

#: Format of a code or an identifier, which is the account's handle. Magic handles matter only for its posts.
HANDLE = re.compile(r"[A-Za-z0-9._:@-]{1,253}", re.ASCII)


class TokenLife(NamedTuple):
    """The time until a platform's token ends, and until an unused token is refreshed."""

    ends: timedelta
    refreshed: timedelta


#: By platform with such refreshes; TikTok's refresh token lives a year. Other tokens have no such time.
TOKEN_LIVES: Mapping[str, TokenLife] = {
    "instagram": TokenLife(instagram.TOKEN_LIFE, instagram.TOKEN_LIFE * instagram.EXTENDED_AT),
    "tiktok": TokenLife(timedelta(days=1), timedelta(days=365) * tiktok.REFRESHED_AT),
}


def connect(asked: ConnectArgs, secret: Code | Login) -> AccountConnection:
    """Return the account of the handle. Raises `ReauthRequired` for an invalid handle."""
    handle = secret.code if isinstance(secret, Code) else secret.identifier
    if not HANDLE.fullmatch(handle):
        raise ReauthRequired("CODE_REFUSED", "in a sandbox the code is the handle of the account to connect")
    digest = hashlib.sha256(f"{asked.platform} {asked.service_url} {handle}".encode()).digest()
    external_id = (
        f"did:plc:{base64.b32encode(digest).decode().lower()[:24]}"
        if asked.platform == "bluesky"
        else str(int.from_bytes(digest[:7]))
    )
    account = AccountIdentity(
        asked.platform, asked.service_url, external_id, handle, None, {"software": "sandbox"}
    )
    return AccountConnection(account, refresh(asked.platform))


def refresh(platform: str) -> Grant:
    """Return unchecked tokens, with the lifetime of the platform's."""
    life = TOKEN_LIVES.get(platform)
    return Grant(
        access_token="sandbox",  # noqa: S106  no secret
        refresh_token="sandbox",  # noqa: S106  no secret
        expires_at=life and credentials.expiry_after(life.ends.total_seconds()),
        refresh_at=life and credentials.expiry_after(life.refreshed.total_seconds()),
    )
