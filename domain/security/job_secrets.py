"""Secrets of jobs: a code or a password for the job alone, sealed until the job has ended."""

from collections.abc import Sequence
from uuid import UUID

from db.pool import Conn
from db.queries import job_secret
from domain.security import vault
from domain.security.keyring import Keyring
from jobs.ledger import ChangedJob, JobClaim

FIND_JOB_SECRET = job_secret.find_secret.typed(vault.SealedSecret)


async def store_job_secret(conn: Conn, *, organization_id: UUID, job_id: UUID, secret: bytes, keyring: Keyring) -> None:
    """Seal a job's secret and store it, in the transaction that submits the job."""
    row = vault.secret_binding_name("job_secret", organization_id, job_id)
    sealed = vault.seal_secret(keyring, secret, row=row)
    await job_secret.keep_secret.run(
        conn, org=organization_id, job_id=job_id, sealed=sealed.data, vault_key_id=sealed.key_id
    )


async def unseal_job_secret(conn: Conn, *, claim: JobClaim, keyring: Keyring) -> bytes:
    """Return a job's secret; raises LookupError for a job without one."""
    sealed = await FIND_JOB_SECRET.row(conn, org=claim.organization_id, job_id=claim.id)
    row = vault.secret_binding_name("job_secret", claim.organization_id, claim.id)
    return vault.unseal_secret(keyring, sealed, row=row)


async def wipe_job_secrets(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """Delete the secrets of jobs that this transaction has just ended."""
    await job_secret.wipe_secrets.run(
        conn, orgs=[row.organization_id for row in rows], job_ids=[row.id for row in rows]
    )
