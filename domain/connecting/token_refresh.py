"""Jobs that refresh an account's tokens: their start and end.

A refresh belongs to a generation of the credential. Its tokens are dropped if another refresh or a new
connection has written meanwhile.
"""

from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_send
from domain.accounts import accounts, client_registrations, credentials
from domain.accounts.accounts import AccountScope
from domain.accounts.client_registrations import Client, PlatformServer
from domain.accounts.credentials import Grant, Tokens
from domain.publishing import account_queue
from domain.security.keyring import Keyring
from domain.tenancy import organizations
from jobs.ledger import Claim

#: Cooldown of an account, in seconds, after its server failed to refresh its tokens.
COOLDOWN_S = 600.0


class RefreshAttempt(NamedTuple):
    """Input of one attempt; `client` is the registration that the tokens belong to, if the server still knows
    it.
    """

    sandbox: bool
    server: PlatformServer
    tokens: Tokens
    client: Client | None


async def begin(conn: Conn, *, claim: Claim, keyring: Keyring) -> RefreshAttempt | None:
    """Start an attempt; None for an account that needs no refresh: disconnected, or in need of its owner."""
    org, account_id = _scope(claim)
    account = await accounts.lock(conn, organization_id=org, account_id=account_id)
    if account.status != "connected":
        return None
    tokens = await credentials.open(conn, organization_id=org, account_id=account_id, keyring=keyring)
    server = PlatformServer(account.platform, account.service_url, tokens.redirect_uri or "")
    sandbox = await organizations.is_sandbox(conn, organization_id=org)
    client = await client_registrations.open(conn, server=server, keyring=keyring)
    return RefreshAttempt(sandbox, server, tokens, client)


async def finish(
    conn: Conn, *, claim: Claim, generation: int, brought: Grant | str, keyring: Keyring
) -> dict[str, Any]:
    """Store the result of a refresh: tokens, or the reason for a new authorization. Return the job's result.

    Locks the account's row before its credential's, as the disconnect does.
    """
    scope = _scope(claim)._asdict()
    if isinstance(brought, str):
        await accounts.require_reauth(conn, **scope, reason=brought, generation=generation)
        return {"reauthRequired": brought}
    await accounts.lock(conn, **scope)
    written = await credentials.replace_tokens(
        conn, **scope, generation=generation, grant=brought, keyring=keyring
    )
    if written:
        await account_queue.wake(conn, **scope)
    return {"refreshed": written}


async def cool_down(conn: Conn, *, claim: Claim) -> None:
    """Start the account's cooldown, so that its posts don't request refreshes in a loop."""
    org, account_id = _scope(claim)
    await account_send.cool_down.run(conn, org=org, account_id=account_id, cooldown_s=COOLDOWN_S)


def _scope(claim: Claim) -> AccountScope:
    return AccountScope(claim.organization_id, UUID(claim.args["account_id"]))
