"""Connection of a sandbox's account: every handle works, and is the same account each time."""

import hashlib
import re

from domain.accounts import credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import Grant
from domain.connecting.connect import Code, ConnectArgs, Login
from schemas.errors import ReauthRequired
from workers.platforms.connecting import AccountConnection
from workers.platforms.parts import load_parts

#: Format of a code or an identifier, which is the account's handle. Magic handles matter only for its posts.
HANDLE = re.compile(r"[A-Za-z0-9._:@-]{1,253}", re.ASCII)


def connect(asked: ConnectArgs, secret: Code | Login) -> AccountConnection:
    """Return the account of the handle. Raises `ReauthRequired` for an invalid handle."""
    handle = secret.code if isinstance(secret, Code) else secret.identifier
    if not HANDLE.fullmatch(handle):
        raise ReauthRequired("CODE_REFUSED", "in a sandbox the code is the handle of the account to connect")
    digest = hashlib.sha256(f"{asked.platform} {asked.service_url} {handle}".encode()).digest()
    external_id = load_parts(asked.platform).sandbox.format_id(digest)
    account = AccountIdentity(
        asked.platform, asked.service_url, external_id, handle, None, {"software": "sandbox"}
    )
    return AccountConnection(account, refresh(asked.platform))


def refresh(platform: str) -> Grant:
    """Return unchecked tokens, with the lifetime of the platform's."""
    life = load_parts(platform).sandbox.token_life
    return Grant(
        access_token="sandbox",  # noqa: S106  no secret
        refresh_token="sandbox",  # noqa: S106  no secret
        expires_at=life and credentials.expiry_after(life.ends.total_seconds()),
        refresh_at=life and credentials.expiry_after(life.refreshed.total_seconds()),
    )
