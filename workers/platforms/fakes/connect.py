"""Connection of a sandbox's account: every handle works, and is the same account each time."""

import hashlib
import re

from domain.accounts import credentials
from domain.accounts.accounts import AccountIdentity
from domain.accounts.credentials import TokenGrant
from domain.connecting.connect import AccountConnectJobArgs, ConsentCodeAndVerifier, HandleAndAppPassword
from schemas.errors import AccountReauthRequired
from workers.platforms.connecting import AccountWithTokens
from workers.platforms.parts import load_platform_calls

#: Format of a code or an identifier, which is the account's handle. Magic handles matter only for its posts.
VALID_SANDBOX_HANDLE_PATTERN = re.compile(r"[A-Za-z0-9._:@-]{1,253}", re.ASCII)


def connect_sandbox_account(
    asked: AccountConnectJobArgs, secret: ConsentCodeAndVerifier | HandleAndAppPassword
) -> AccountWithTokens:
    """Return the sandbox account of a handle, and its tokens, without a request. The code or identifier is the handle.

    The same handle gives the same account. Raise `AccountReauthRequired` for an invalid handle.
    """
    handle = secret.code if isinstance(secret, ConsentCodeAndVerifier) else secret.identifier
    if not VALID_SANDBOX_HANDLE_PATTERN.fullmatch(handle):
        raise AccountReauthRequired("CODE_REFUSED", "in a sandbox the code is the handle of the account to connect")
    digest = hashlib.sha256(f"{asked.platform} {asked.service_url} {handle}".encode()).digest()
    external_id = load_platform_calls(asked.platform).sandbox.format_id(digest)
    account = AccountIdentity(asked.platform, asked.service_url, external_id, handle, None, {"software": "sandbox"})
    return AccountWithTokens(account, issue_sandbox_tokens(asked.platform))


def issue_sandbox_tokens(platform: str) -> TokenGrant:
    """Return the tokens of a sandbox account. No server checks them; they expire as the platform's tokens do."""
    life = load_platform_calls(platform).sandbox.token_life
    return TokenGrant(
        access_token="sandbox",  # noqa: S106  no secret
        refresh_token="sandbox",  # noqa: S106  no secret
        expires_at=life and credentials.token_expiry_after(life.ends.total_seconds()),
        refresh_at=life and credentials.token_expiry_after(life.refreshed.total_seconds()),
    )
