"""Credentials: the tokens that open an account, sealed in a row of their own and bound to it.

Each refresh and each new connection is another `generation`; what is based on an older one comes too late.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import account_credential
from domain.security import vault
from domain.security.keyring import Keyring
from jobs import ledger, maintenance
from jobs.kinds import REFRESH_TOKEN
from jobs.ledger import Submitted
from schemas.errors import Limited

#: After how long a refresh that was due is tried again, in seconds.
AGAIN_S = 6 * 3600.0

#: A token that ends sooner is refreshed before it is used.
FRESH = timedelta(seconds=60)

#: A token's life counts within these, in seconds, whatever its platform says. One that ends as it comes would
#: be refreshed for a post that waits, which is woken by that, again and at once.
LEAST_LIFE_S, MOST_LIFE_S = 300.0, 10 * 365 * 86400.0


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as a platform gave them, to our registration of `redirect_uri` where there is one.

    `refresh_at` is when the tokens are to be refreshed though nobody needs them, where they would end else.
    """

    access_token: str
    refresh_token: str | None = None
    redirect_uri: str | None = None
    expires_at: datetime | None = None
    refresh_at: datetime | None = None

    def __repr__(self) -> str:
        return "Grant()"


class Tokens(NamedTuple):
    """An opened credential; `expires_at` is the access token's, None: it doesn't end."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime | None
    generation: int
    redirect_uri: str | None

    def __repr__(self) -> str:
        return f"Tokens(generation={self.generation})"


class SealedCredential(NamedTuple):
    """A credential's row."""

    sealed: bytes
    vault_key_id: str
    generation: int
    expires_at: datetime | None


class DueCredential(NamedTuple):
    """A credential whose refresh is due; only of a `connected` account is it worth one."""

    organization_id: UUID
    project_id: UUID
    account_id: UUID
    connected: bool


GET_CREDENTIAL = account_credential.get_credential.typed(SealedCredential)
TAKE_DUE = account_credential.take_due.typed(DueCredential)


def ending(life_s: float) -> datetime:
    """The end of a token that lives so long from now."""
    return datetime.now(UTC) + timedelta(seconds=min(max(life_s, LEAST_LIFE_S), MOST_LIFE_S))


def ends_soon(expires_at: datetime | None, *, now: datetime) -> bool:
    """True of a token that is to be refreshed before it is used."""
    return expires_at is not None and expires_at <= now + FRESH


async def open(conn: Conn, *, organization_id: UUID, account_id: UUID, keyring: Keyring) -> Tokens:  # noqa: A001  what it is
    """Raises LookupError for a disconnected account."""
    row = await GET_CREDENTIAL.row(conn, org=organization_id, account_id=account_id)
    return opened(row, organization_id=organization_id, account_id=account_id, keyring=keyring)


def opened(row: SealedCredential, *, organization_id: UUID, account_id: UUID, keyring: Keyring) -> Tokens:
    """The tokens of a credential's row."""
    sealed = vault.Sealed(row.vault_key_id, row.sealed)
    plain = vault.unseal(keyring, sealed, row=row_name(organization_id, account_id))
    grant = msgspec.json.decode(plain, type=Grant)
    return Tokens(grant.access_token, grant.refresh_token, row.expires_at, row.generation, grant.redirect_uri)


async def put(conn: Conn, *, organization_id: UUID, account_id: UUID, grant: Grant, keyring: Keyring) -> None:
    """Keep the tokens of a new connection; the account's row is locked."""
    columns = _columns(grant, keyring, organization_id, account_id)
    await account_credential.put_credential.run(conn, **columns)


async def replace(
    conn: Conn, *, organization_id: UUID, account_id: UUID, generation: int, grant: Grant, keyring: Keyring
) -> bool:
    """Keep what a refresh of this generation brought; False where something newer is there, or nothing."""
    columns = _columns(grant, keyring, organization_id, account_id)
    return await account_credential.refresh_credential.run(conn, generation=generation, **columns) > 0


async def is_current(conn: Conn, *, organization_id: UUID, account_id: UUID, generation: int) -> bool:
    """True if nothing newer is there; it stays so until this transaction ends."""
    current = await account_credential.lock_generation.value(conn, org=organization_id, account_id=account_id)
    return bool(current == generation)


async def submit_refresh(
    conn: Conn, *, organization_id: UUID, project_id: UUID | None, account_id: UUID
) -> Submitted:
    """The job that refreshes an account's tokens: one at a time, whoever asks."""
    return await ledger.submit(
        conn,
        kind=REFRESH_TOKEN,
        organization_id=organization_id,
        project_id=project_id,
        args={"account_id": str(account_id)},
        unique_key=f"refresh:{account_id}",
    )


async def refresh_due(conn: Conn) -> int:
    """Submit the jobs that refresh a batch of tokens whose time has come; how many came up.

    Each comes up again after a while, whatever becomes of its job, also where the ledger takes none now: what
    a refresh brings has its own time.
    """
    async with conn.transaction():
        due = await TAKE_DUE.all(conn, limit=maintenance.BATCH, again_s=AGAIN_S)
        for organization_id, project_id, account_id, connected in due:
            if connected:
                with suppress(Limited):
                    await submit_refresh(
                        conn, organization_id=organization_id, project_id=project_id, account_id=account_id
                    )
    return len(due)


async def wipe(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    await account_credential.wipe_credential.run(conn, org=organization_id, account_id=account_id)


def row_name(organization_id: UUID, account_id: UUID) -> str:
    """The name that binds a credential to its row."""
    return f"account_credential/{organization_id}/{account_id}"


def _columns(grant: Grant, keyring: Keyring, organization_id: UUID, account_id: UUID) -> dict[str, Any]:
    """The columns of a credential's row, its tokens sealed."""
    sealed = vault.seal(keyring, msgspec.json.encode(grant), row=row_name(organization_id, account_id))
    return {
        "org": organization_id,
        "account_id": account_id,
        "sealed": sealed.data,
        "vault_key_id": sealed.key_id,
        "expires_at": grant.expires_at,
        "refresh_at": grant.refresh_at,
    }
