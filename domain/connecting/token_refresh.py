"""The refresh of an account's tokens: how its job begins and ends.

A refresh is based on a generation of the credential: once another refresh or a new connection has written,
what it brought comes too late and is dropped.
"""

from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import account_send
from domain.accounts import accounts, client_registrations, credentials
from domain.accounts.accounts import AccountScope
from domain.accounts.client_registrations import Client, Server
from domain.accounts.credentials import Grant, Tokens
from domain.publishing import account_queue
from domain.security.keyring import Keyring
from domain.tenancy import organizations
from jobs.ledger import Claim

#: How long an account cools down whose server won't refresh its tokens, in seconds.
COOLDOWN_S = 600.0


class RefreshAttempt(NamedTuple):
    """One attempt of the job; `client` got the tokens from the server, where we still know it."""

    sandbox: bool
    server: Server
    tokens: Tokens
    client: Client | None


async def begin(conn: Conn, *, claim: Claim, keyring: Keyring) -> RefreshAttempt | None:
    """None for an account that needs no refresh any more: disconnected, or waiting for its owner."""
    org, account_id = _scope(claim)
    account = await accounts.lock(conn, organization_id=org, account_id=account_id)
    if account.status != "connected":
        return None
    tokens = await credentials.open(conn, organization_id=org, account_id=account_id, keyring=keyring)
    server = Server(account.platform, account.service_url, tokens.redirect_uri or "")
    sandbox = await organizations.is_sandbox(conn, organization_id=org)
    client = await client_registrations.open(conn, server=server, keyring=keyring)
    return RefreshAttempt(sandbox, server, tokens, client)


async def finish(
    conn: Conn, *, claim: Claim, generation: int, brought: Grant | str, keyring: Keyring
) -> dict[str, Any]:
    """Keep what a refresh of this generation brought: tokens, or why only the owner helps; the job's result.

    The account's row is locked before its credential's, as whoever disconnects it does.
    """
    scope = _scope(claim)._asdict()
    if isinstance(brought, str):
        await accounts.require_reauth(conn, **scope, reason=brought, generation=generation)
        return {"reauthRequired": brought}
    await accounts.lock(conn, **scope)
    written = await credentials.replace(conn, **scope, generation=generation, grant=brought, keyring=keyring)
    if written:
        await account_queue.wake(conn, **scope)
    return {"refreshed": written}


async def cool_down(conn: Conn, *, claim: Claim) -> None:
    """Let an account wait that its server is against: its posts would only ask again and again."""
    org, account_id = _scope(claim)
    await account_send.cool_down.run(conn, org=org, account_id=account_id, cooldown_s=COOLDOWN_S)


def _scope(claim: Claim) -> AccountScope:
    return AccountScope(claim.organization_id, UUID(claim.args["account_id"]))
