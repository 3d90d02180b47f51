"""Credentials: an account's tokens, sealed in a row of their own and bound to it.

Each refresh and each new connection raises `generation`. A write that is based on an older generation is
dropped.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import account_credential
from domain.security import vault
from domain.security.keyring import Keyring
from jobs import ledger, maintenance
from jobs.kinds import REFRESH_TOKEN_KIND
from jobs.ledger import NewJob, SubmittedJob
from telemetry import log_context

#: Seconds until a due refresh is submitted again.
TOKEN_REFRESH_RETRY_S = 6 * 3600.0

#: A token with less time left is refreshed before use.
TOKEN_REFRESH_MARGIN = timedelta(seconds=60)

#: Bounds of a token's lifetime in seconds, whatever its platform reports. A token that is expired on arrival
#: would be refreshed in a loop: each refresh wakes the post that requests the next one.
MIN_TOKEN_LIFE_S, MAX_TOKEN_LIFE_S = 300.0, 10 * 365 * 86400.0


class TokenGrant(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as a platform issued them, to our client at `redirect_uri` if the platform has registrations.

    `refresh_at` is the time of a refresh without use, for tokens that would expire otherwise.
    """

    access_token: str
    refresh_token: str | None = None
    redirect_uri: str | None = None
    expires_at: datetime | None = None
    refresh_at: datetime | None = None

    def __repr__(self) -> str:
        return "Grant()"


class AccountTokens(NamedTuple):
    """Opened credential; `expires_at` is the access token's, None if it never expires."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime | None
    generation: int
    redirect_uri: str | None

    def __repr__(self) -> str:
        return f"Tokens(generation={self.generation})"


class SealedCredential(NamedTuple):
    """Credential row."""

    sealed: bytes
    vault_key_id: str
    generation: int
    expires_at: datetime | None


class CredentialDueForRefresh(NamedTuple):
    """Credential with a due refresh; it is refreshed only if its account is `connected`."""

    organization_id: UUID
    project_id: UUID
    account_id: UUID
    connected: bool


GET_ACCOUNT_CREDENTIAL = account_credential.get_credential.typed(SealedCredential)
TAKE_CREDENTIALS_DUE_FOR_REFRESH = account_credential.take_due.typed(CredentialDueForRefresh)


def token_expiry_after(life_s: float) -> datetime:
    """Return now plus `life_s`, a token's expiry. A life below 5 minutes or above 10 years is clamped."""
    return datetime.now(UTC) + timedelta(seconds=min(max(life_s, MIN_TOKEN_LIFE_S), MAX_TOKEN_LIFE_S))


def is_token_ending_soon(expires_at: datetime | None, *, now: datetime) -> bool:
    """Return whether a token has to be refreshed before use: it ends within a minute. False for None: it never ends."""
    return expires_at is not None and expires_at <= now + TOKEN_REFRESH_MARGIN


async def read_account_tokens(
    conn: Conn, *, organization_id: UUID, account_id: UUID, keyring: Keyring
) -> AccountTokens:
    """Return an account's unsealed tokens. Raises LookupError without any, as after a disconnect."""
    row = await GET_ACCOUNT_CREDENTIAL.row(conn, org=organization_id, account_id=account_id)
    return unseal_tokens(row, organization_id=organization_id, account_id=account_id, keyring=keyring)


def unseal_tokens(row: SealedCredential, *, organization_id: UUID, account_id: UUID, keyring: Keyring) -> AccountTokens:
    """Return the unsealed tokens of an account's credential row."""
    sealed = vault.SealedSecret(row.vault_key_id, row.sealed)
    row_name = vault.secret_binding_name("account_credential", organization_id, account_id)
    plain = vault.unseal_secret(keyring, sealed, row=row_name)
    grant = msgspec.json.decode(plain, type=TokenGrant)
    return AccountTokens(grant.access_token, grant.refresh_token, row.expires_at, row.generation, grant.redirect_uri)


async def store_tokens_at_connect(
    conn: Conn, *, organization_id: UUID, account_id: UUID, grant: TokenGrant, keyring: Keyring
) -> None:
    """Store the tokens of a new connection; the caller has locked the account's row."""
    columns = _build_credential_row(grant, keyring, organization_id, account_id)
    await account_credential.put_credential.run(conn, **columns)


async def store_refreshed_tokens_if_current(
    conn: Conn, *, organization_id: UUID, account_id: UUID, generation: int, grant: TokenGrant, keyring: Keyring
) -> bool:
    """Store an account's refreshed tokens if its credential still has this `generation`; return whether it has."""
    columns = _build_credential_row(grant, keyring, organization_id, account_id)
    return await account_credential.refresh_credential.run(conn, generation=generation, **columns) > 0


async def lock_credential_if_newest(conn: Conn, *, organization_id: UUID, account_id: UUID, generation: int) -> bool:
    """Lock an account's credential; return whether `generation` is its newest, False without a credential.

    The lock keeps it so until this transaction ends.
    """
    current = await account_credential.lock_generation.value(conn, org=organization_id, account_id=account_id)
    return bool(current == generation)


async def submit_token_refresh(
    conn: Conn, *, organization_id: UUID, project_id: UUID | None, account_id: UUID
) -> SubmittedJob:
    """Submit a job that refreshes an account's tokens; one at a time for all callers."""
    return await ledger.submit_job(conn, **_build_token_refresh_job(organization_id, project_id, account_id)._asdict())


def _build_token_refresh_job(organization_id: UUID, project_id: UUID | None, account_id: UUID) -> NewJob:
    return NewJob(
        log_context.new_job_id(),
        REFRESH_TOKEN_KIND,
        organization_id,
        project_id,
        args={"account_id": str(account_id)},
        unique_key=f"refresh:{account_id}",
    )


async def submit_due_token_refreshes(conn: Conn) -> int:
    """Submit refresh jobs for the connected accounts of a batch of due credentials; return the batch's size.

    Each credential becomes due again after `TOKEN_REFRESH_RETRY_S`, also if its job fails or the ledger
    refuses the job now. A successful refresh sets its own time.
    """
    async with conn.transaction():
        due = await TAKE_CREDENTIALS_DUE_FOR_REFRESH.all(
            conn, limit=maintenance.MAX_MAINTENANCE_ROWS, again_s=TOKEN_REFRESH_RETRY_S
        )
        await ledger.submit_jobs_of_tenants_or_alone(
            conn, [_build_token_refresh_job(*account) for *account, connected in due if connected]
        )
    return len(due)


async def delete_account_tokens(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    await account_credential.wipe_credential.run(conn, org=organization_id, account_id=account_id)


def _build_credential_row(
    grant: TokenGrant, keyring: Keyring, organization_id: UUID, account_id: UUID
) -> dict[str, Any]:
    """Return the columns of a credential's row, with its tokens sealed."""
    row_name = vault.secret_binding_name("account_credential", organization_id, account_id)
    sealed = vault.seal_secret(keyring, msgspec.json.encode(grant), row=row_name)
    return {
        "org": organization_id,
        "account_id": account_id,
        "sealed": sealed.data,
        "vault_key_id": sealed.key_id,
        "expires_at": grant.expires_at,
        "refresh_at": grant.refresh_at,
    }
