"""Jobs that refresh an account's tokens: their start and end.

A refresh belongs to a generation of the credential. Its tokens are dropped if another refresh or a new
connection has written meanwhile.
"""

from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_send
from domain.accounts import accounts, client_registrations, credentials
from domain.accounts.accounts import AccountAndOrgIds
from domain.accounts.client_registrations import OAuthClient, PlatformServerRef
from domain.accounts.credentials import AccountTokens, TokenGrant
from domain.publishing import account_queue
from domain.security.keyring import Keyring
from domain.tenancy import organizations
from jobs.ledger import JobClaim

#: Cooldown of an account, in seconds, after its server failed to refresh its tokens.
FAILED_TOKEN_REFRESH_COOLDOWN_S = 600.0


class TokenRefreshJobInput(NamedTuple):
    """Input of one attempt; `client` is the registration that the tokens belong to, if the server still knows
    it.
    """

    sandbox: bool
    server: PlatformServerRef
    tokens: AccountTokens
    client: OAuthClient | None


async def lock_account_and_read_refresh_input(
    conn: Conn, *, claim: JobClaim, keyring: Keyring
) -> TokenRefreshJobInput | None:
    """Return the input of a token refresh, and lock the account's row; None for an account that isn't connected.

    A disconnected account, or one that needs its owner's authorization, needs no refresh.
    """
    org, account_id = _account_and_organization_ids_of_claim(claim)
    account = await accounts.lock_account(conn, organization_id=org, account_id=account_id)
    if account.status != "connected":
        return None
    tokens = await credentials.read_account_tokens(conn, organization_id=org, account_id=account_id, keyring=keyring)
    server = PlatformServerRef(account.platform, account.service_url, tokens.redirect_uri or "")
    sandbox = await organizations.is_sandbox_organization(conn, organization_id=org)
    client = await client_registrations.read_unsealed_oauth_client(conn, server=server, keyring=keyring)
    return TokenRefreshJobInput(sandbox, server, tokens, client)


async def finish_token_refresh(
    conn: Conn, *, claim: JobClaim, generation: int, brought: TokenGrant | str, keyring: Keyring
) -> dict[str, Any]:
    """Store a refresh's new tokens, or the reason for a new authorization (`brought`). Return the job's result.

    Drops it if newer tokens than `generation` exist. Locks the account's row before its credential's.
    """
    scope = _account_and_organization_ids_of_claim(claim)._asdict()
    if isinstance(brought, str):
        await accounts.mark_account_for_reauth(conn, **scope, reason=brought, generation=generation)
        return {"reauthRequired": brought}
    await accounts.lock_account(conn, **scope)
    written = await credentials.store_refreshed_tokens_if_current(
        conn, **scope, generation=generation, grant=brought, keyring=keyring
    )
    if written:
        await account_queue.wake_account_posts(conn, **scope)
    return {"refreshed": written}


async def start_cooldown_after_failed_token_refresh(conn: Conn, *, claim: JobClaim) -> None:
    """Let an account send no post for a while, so that its posts don't refresh its token in a loop."""
    org, account_id = _account_and_organization_ids_of_claim(claim)
    await account_send.cool_down.run(conn, org=org, account_id=account_id, cooldown_s=FAILED_TOKEN_REFRESH_COOLDOWN_S)


def _account_and_organization_ids_of_claim(claim: JobClaim) -> AccountAndOrgIds:
    return AccountAndOrgIds(claim.organization_id, UUID(claim.args["account_id"]))
