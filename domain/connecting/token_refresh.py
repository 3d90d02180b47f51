"""Refreshing an account's tokens: what the job starts from and what it ends with.

A refresh is based on a generation of the credential: once another refresh or a new connection has written,
what it brought comes too late and is dropped.
"""

from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_send, social_account
from domain.accounts import accounts, client_registrations, credentials
from domain.accounts.client_registrations import Client, Server
from domain.accounts.credentials import Grant, Tokens
from domain.publishing import account_queue
from domain.security.keyring import Keyring
from domain.tenancy import organizations
from jobs.ledger import Claim

#: How long an account rests whose server won't refresh its tokens, in seconds.
REST_S = 600.0


class Begun(NamedTuple):
    """`client` is who we were to the server when it gave the tokens, where we still know that."""

    sandbox: bool
    server: Server
    tokens: Tokens
    client: Client | None


async def begin(conn: Conn, *, claim: Claim, keyring: Keyring) -> Begun | None:
    """None for an account that needs no refresh any more: disconnected, or waiting for its owner."""
    place = _place(claim)
    row = await _lock(conn, claim)
    if row["status"] != "connected":
        return None
    tokens = await credentials.open(conn, **place, keyring=keyring)
    server = Server(row["platform"], row["service_url"], tokens.redirect_uri or "")
    sandbox = await organizations.is_sandbox(conn, organization_id=claim.organization_id)
    return Begun(
        sandbox, server, tokens, await client_registrations.open(conn, server=server, keyring=keyring)
    )


async def finish(
    conn: Conn, *, claim: Claim, generation: int, came: Grant | str, keyring: Keyring
) -> dict[str, Any]:
    """Write what came of a refresh of this generation: tokens, or why only the owner helps; the job's result.

    The account's row is locked before its credential's, as whoever disconnects it does.
    """
    place = _place(claim)
    if isinstance(came, str):
        await accounts.require_reauth(conn, **place, reason=came, generation=generation)
        return {"reauthRequired": came}
    await _lock(conn, claim)
    written = await credentials.replace(conn, **place, generation=generation, grant=came, keyring=keyring)
    if written:
        await account_queue.hasten(conn, **place)
    return {"refreshed": written}


async def rest(conn: Conn, *, claim: Claim) -> None:
    """The server has something against the account itself: its posts would only ask again and again."""
    place = _place(claim)
    await account_send.rest_account.run(
        conn, org=place["organization_id"], account_id=place["account_id"], rest_s=REST_S
    )


async def _lock(conn: Conn, claim: Claim) -> asyncpg.Record:
    place = _place(claim)
    return await social_account.lock_account.row(conn, org=place["organization_id"], id=place["account_id"])


def _place(claim: Claim) -> dict[str, Any]:
    return {"organization_id": claim.organization_id, "account_id": UUID(claim.args["account_id"])}
