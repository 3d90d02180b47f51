"""Giving back what opened an account that was disconnected: what the job starts from.

The tokens leave the account with its end and go on, sealed, with the job that has the platform revoke them.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn
from db.queries import social_account
from domain.accounts import client_registrations, credentials
from domain.accounts.client_registrations import Client, Server
from domain.accounts.credentials import Tokens
from domain.security import job_secrets
from domain.security.keyring import Keyring
from domain.tenancy import organizations
from jobs import ledger
from jobs.kinds import REVOKE_TOKEN
from jobs.ledger import Claim

#: Where a token can be revoked. Instagram has no call for it: its owner removes us on instagram.com.
PLATFORMS = frozenset({"bluesky", "mastodon", "tiktok"})
#: Where a revocation ends no more than the one login.
ALONE = frozenset({"bluesky"})


class Held(msgspec.Struct, frozen=True):
    """What opened the account."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime | None
    redirect_uri: str | None

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.access_token, self.refresh_token, self.expires_at, 0, self.redirect_uri)

    def __repr__(self) -> str:
        return "Held()"


class Begun(NamedTuple):
    """`client` is who we were to the server when it gave the tokens, where we still know that."""

    server: Server
    held: Held
    client: Client | None


async def submit(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    account_id: UUID,
    account: asyncpg.Record,
    keyring: Keyring,
) -> None:
    """In the transaction that ends the `account`, whose credential is still there, if it has one of its own.

    A sandbox's opens nothing.
    """
    if account["platform"] not in PLATFORMS:
        return
    if await organizations.is_sandbox(conn, organization_id=organization_id):
        return
    try:
        tokens = await credentials.open(
            conn, organization_id=organization_id, account_id=account_id, keyring=keyring
        )
    except LookupError:
        return
    args = {name: account[name] for name in ("platform", "service_url", "external_id")}
    submitted = await ledger.submit(
        conn, kind=REVOKE_TOKEN, organization_id=organization_id, project_id=project_id, args=args
    )
    held = Held(tokens.access_token, tokens.refresh_token, tokens.expires_at, tokens.redirect_uri)
    await job_secrets.keep(
        conn,
        organization_id=organization_id,
        job_id=submitted.job_id,
        secret=msgspec.json.encode(held),
        keyring=keyring,
    )


async def begin(conn: Conn, *, claim: Claim, keyring: Keyring) -> Begun | None:
    """None: somebody has the account connected, and a revocation could end their access too.

    Whose it is doesn't matter: our application is the same for everybody.
    """
    args: dict[str, Any] = claim.args
    if args["platform"] not in ALONE and await social_account.is_connected.value(conn, **args):
        return None
    held = msgspec.json.decode(await job_secrets.reveal(conn, claim=claim, keyring=keyring), type=Held)
    server = Server(args["platform"], args["service_url"], held.redirect_uri or "")
    return Begun(server, held, await client_registrations.open(conn, server=server, keyring=keyring))
