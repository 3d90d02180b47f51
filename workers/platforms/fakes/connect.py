"""Connection of a sandbox's account: every handle works, and is the same account each time."""

import base64
import hashlib
import re

from domain.accounts.accounts import Found
from domain.accounts.credentials import Grant
from domain.connecting.connect import Code, ConnectArgs, Login
from schemas.errors import ReauthRequired
from workers.platforms.connecting import Connected

#: Form of a code or an identifier, which is the account's handle. Magic handles matter only for its posts.
HANDLE = re.compile(r"[A-Za-z0-9._:@-]{1,253}", re.ASCII)


def connect(asked: ConnectArgs, secret: Code | Login) -> Connected:
    """The account of the handle. Raises `ReauthRequired` for what is no handle."""
    handle = secret.code if isinstance(secret, Code) else secret.identifier
    if not HANDLE.fullmatch(handle):
        raise ReauthRequired("CODE_REFUSED", "in a sandbox the code is the handle of the account to connect")
    digest = hashlib.sha256(f"{asked.platform} {asked.service_url} {handle}".encode()).digest()
    external_id = (
        f"did:plc:{base64.b32encode(digest).decode().lower()[:24]}"
        if asked.platform == "bluesky"
        else str(int.from_bytes(digest[:7]))
    )
    found = Found(asked.platform, asked.service_url, external_id, handle, None, {"software": "sandbox"})
    return Connected(found, refresh())


def refresh() -> Grant:
    """Tokens that nothing checks."""
    return Grant(access_token="sandbox", refresh_token="sandbox")  # noqa: S106  no secret
