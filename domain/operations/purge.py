"""Purge of an archived project: deletes all of its rows and files for good.

After the request's commit the project is invisible and gets no writes. Its job then deletes batch after
batch. The audit log stays. A row is deleted before the rows that its foreign keys refer to.
"""

import asyncio
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import purge, purge_files, webhook_endpoint, webhook_event
from domain.accounts import accounts
from domain.accounts.accounts import AccountAndOrgIds
from domain.connecting import token_revocation
from domain.media.store import MediaStore
from domain.projects import archive_status
from domain.security.keyring import Keyring
from domain.tenancy import organizations
from domain.tenancy.api_keys import Actor
from jobs import ledger
from jobs.kinds import PURGE_PROJECT_KIND
from jobs.ledger import JobClaim, WakeMessage
from schemas import ids
from schemas.api_keys import ApiKeyEnv
from schemas.errors import InvalidValue, StateConflict
from schemas.errors.absent import require_found
from schemas.projects import Purging

#: Longest wait of a purge for the project's open jobs, such as a post under way.
MAX_PURGE_WAIT_FOR_JOBS_S = 15 * 60.0
#: Rows, contents with their files, and idempotency records of one step.
MAX_PURGED_ROWS_PER_STEP, MAX_PURGED_CONTENTS_PER_STEP, MAX_PURGED_IDEMPOTENCY_RECORDS_PER_STEP = 200, 10, 2000


class ProjectRowLockedForPurge(NamedTuple):
    """Project row, locked exclusively by this transaction."""

    organization_id: UUID
    name: str
    status: str
    purging_at: datetime | None


class PurgedRowFiles(NamedTuple):
    """Row to delete, and the storage tokens of its files."""

    id: UUID
    tokens: list[str]


class NextPurgedAccount(NamedTuple):
    """Account to delete next, and its owner's account if it was a lease."""

    id: UUID
    owner_organization_id: UUID | None
    owner_id: UUID | None


class IdempotencyRecordKey(NamedTuple):
    """Key of an idempotency record."""

    api_key_id: UUID
    key: str


#: Before every record.
BEFORE_FIRST_IDEMPOTENCY_RECORD = IdempotencyRecordKey(UUID(int=0), "")

_LOCK_PURGED_PROJECT = purge.lock_purged.typed(ProjectRowLockedForPurge)
_LIST_CONTENT_TO_PURGE = purge_files.list_files.typed(PurgedRowFiles)
_LIST_APP_MEDIA_TO_PURGE = purge_files.list_app_files.typed(PurgedRowFiles)
_LIST_INFLUENCERS_TO_PURGE = purge_files.list_portraits.typed(PurgedRowFiles)
_FIND_ACCOUNT_TO_PURGE = purge.next_account.typed(NextPurgedAccount)
_DELETE_ANSWERS_OF_PURGED_PROJECT = purge.forget_answers.typed(IdempotencyRecordKey)


async def begin_project_purge(
    conn: Conn, *, project_id: UUID, name: str, env: ApiKeyEnv | None, actor: Actor | None
) -> tuple[Purging, WakeMessage | None]:
    """Start the purge of an archived project of any organization in the environment; `name` confirms it.

    Hides the project and submits the job that deletes it. Returns the answer, and the wake to send.

    A repeat returns the same answer, and submits another job if the last one failed. `actor` is an operator with a
    key. Raises `ObjectNotFound`, `InvalidValue`, `StateConflict` NOT_ARCHIVED, ARCHIVE_RUNNING, ACCOUNT_LEASED.
    """
    row = require_found(await _LOCK_PURGED_PROJECT.one(conn, id=project_id, env=env), "project")
    if name != row.name:
        raise InvalidValue("name", "is not the project's name: send it unchanged to confirm the purge")
    org = row.organization_id
    if row.purging_at is None:
        await _check_project_archived_for_purge(conn, row, project_id)
    purging_at = await purge.begin_purge.value(conn, org=org, project_id=project_id)
    if row.purging_at is None:
        await _check_project_accounts_not_leased(conn, org, project_id)
        subject = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)
        await organizations.audit_operator_change_of_organization(
            conn, org, action="project.purge_started", subject=subject, actor=actor, project_id=project_id
        )
    submitted = await ledger.submit_job(
        conn,
        kind=PURGE_PROJECT_KIND,
        organization_id=org,
        project_id=None,
        args={"project_id": str(project_id)},
        unique_key=f"purge:{project_id}",
    )
    answer = Purging(
        id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id),
        organization_id=ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, org),
        name=row.name,
        status="purging",
        purging_at=purging_at,
    )
    return answer, submitted.wake


async def _check_project_archived_for_purge(conn: Conn, found: ProjectRowLockedForPurge, project_id: UUID) -> None:
    if found.status != "archived":
        raise StateConflict("NOT_ARCHIVED", "only an archived project is purged: archive it with DELETE first")
    await archive_status.check_project_archive_done(conn, organization_id=found.organization_id, project_id=project_id)


async def _check_project_accounts_not_leased(conn: Conn, organization_id: UUID, project_id: UUID) -> None:
    """Raise `StateConflict` ACCOUNT_LEASED if an account of the purged project is leased.

    The offers are withdrawn before, so no further lease can begin.
    """
    if await purge.is_leased.value(conn, org=organization_id, project_id=project_id):
        raise accounts.account_leased_error(
            "accounts of this project are leased: recall those leases first, or wait for their end"
        )


async def must_purge_wait_for_jobs(conn: Conn, *, claim: JobClaim) -> bool:
    """Return whether a purge must wait for an open job of its project, for `MAX_PURGE_WAIT_FOR_JOBS_S` at most."""
    return bool(
        await purge.has_open_jobs.value(conn, **_org_and_purged_project_id(claim), wait_s=MAX_PURGE_WAIT_FOR_JOBS_S)
    )


async def purge_project_idempotent_answer_batch(
    conn: Conn, *, claim: JobClaim, after: IdempotencyRecordKey
) -> IdempotencyRecordKey | None:
    """Delete a purged project's API answers in the batch of idempotency records after `after`.

    Returns the batch's last key, from which the next batch goes on; None: no record is left.

    Runs before the rows in these answers are deleted. A record of a concurrent write expires after its day.
    """
    return await _DELETE_ANSWERS_OF_PURGED_PROJECT.one(
        conn,
        **_org_and_purged_project_id(claim),
        after_id=after.api_key_id,
        after_key=after.key,
        limit=MAX_PURGED_IDEMPOTENCY_RECORDS_PER_STEP,
    )


async def purge_project_post_batch(conn: Conn, *, claim: JobClaim) -> int:
    posts = await purge.lock_posts.all(conn, **_org_and_purged_project_id(claim), limit=MAX_PURGED_ROWS_PER_STEP)
    return await purge.purge_posts.run(conn, org=claim.organization_id, ids=[post_id for (post_id,) in posts])


async def list_contents_of_purged_project(conn: Conn, *, claim: JobClaim) -> list[PurgedRowFiles]:
    """Return the next contents of a purged project with their files' tokens; an empty list if none is left.

    Their files are deleted first, so that a crash leaves rows that are found again.
    """
    return await _LIST_CONTENT_TO_PURGE.all(
        conn, **_org_and_purged_project_id(claim), limit=MAX_PURGED_CONTENTS_PER_STEP
    )


async def list_influencers_of_purged_project(conn: Conn, *, claim: JobClaim) -> list[PurgedRowFiles]:
    """Return a purged project's next influencers with their files' tokens; contents, which refer to them, go first."""
    return await _LIST_INFLUENCERS_TO_PURGE.all(
        conn, **_org_and_purged_project_id(claim), limit=MAX_PURGED_CONTENTS_PER_STEP
    )


async def list_app_media_of_purged_project(conn: Conn, *, claim: JobClaim) -> list[PurgedRowFiles]:
    """Return the next app media of a purged project with their files' tokens; an empty list if none is left."""
    return await _LIST_APP_MEDIA_TO_PURGE.all(
        conn, **_org_and_purged_project_id(claim), limit=MAX_PURGED_CONTENTS_PER_STEP
    )


async def delete_files_of_purged_rows(store: MediaStore, filed: list[PurgedRowFiles]) -> None:
    """Delete the files of rows that are being purged from the storage. Raises `ServiceUnavailable`."""
    await asyncio.gather(*(store.delete(token) for entry in filed for token in entry.tokens))


async def delete_content_rows_of_purged_project(conn: Conn, *, claim: JobClaim, filed: list[PurgedRowFiles]) -> int:
    return await purge_files.purge_contents.run(conn, org=claim.organization_id, ids=[entry.id for entry in filed])


async def purge_project_influencers(conn: Conn, *, claim: JobClaim, filed: list[PurgedRowFiles]) -> int:
    return await purge_files.purge_influencers.run(conn, org=claim.organization_id, ids=[entry.id for entry in filed])


async def purge_app_media_rows(conn: Conn, *, claim: JobClaim, filed: list[PurgedRowFiles]) -> int:
    return await purge_files.purge_app_media.run(conn, org=claim.organization_id, ids=[entry.id for entry in filed])


async def delete_next_account_of_purged_project(conn: Conn, *, claim: JobClaim, keyring: Keyring) -> bool:
    """Delete the next account of a purged project, and submit a job that revokes its tokens.

    Returns False if no account is left. The job is outside the project.

    An account that other tenants leased becomes a tombstone, which is deleted with the last of its leases
    (docs/decisions/0016-leased-account-as-its-own-row.md).
    """
    org = claim.organization_id
    row = await _FIND_ACCOUNT_TO_PURGE.one(conn, **_org_and_purged_project_id(claim))
    if row is None:
        return False
    owner = {"org": row.owner_organization_id, "id": row.owner_id}
    if row.owner_id:
        await purge.lock_owner.run(conn, **owner)
    account = await accounts.lock_account(conn, organization_id=org, account_id=row.id)
    await token_revocation.submit_token_revocation(
        conn, AccountAndOrgIds(org, row.id), project_id=None, account=account, keyring=keyring
    )
    await purge.purge_account.run(conn, org=org, id=row.id)
    if not await purge.delete_account.value(conn, **_org_and_purged_project_id(claim), id=row.id):
        await purge.make_stub.run(conn, org=org, id=row.id)
    if row.owner_id:
        await purge.delete_account.run(conn, **owner, project_id=None)
    return True


async def purge_remaining_project_rows(conn: Conn, *, claim: JobClaim) -> int:
    return await purge.purge_rest.run(conn, **_org_and_purged_project_id(claim))


async def purge_project_job_batch(conn: Conn, *, claim: JobClaim) -> int:
    jobs = await purge.lock_jobs.all(conn, **_org_and_purged_project_id(claim), limit=MAX_PURGED_ROWS_PER_STEP)
    return await purge.purge_jobs.run(conn, org=claim.organization_id, ids=[job_id for (job_id,) in jobs])


async def purge_project_webhook_batch(conn: Conn, *, claim: JobClaim) -> int:
    """Delete a batch of a purged project's webhook events with their deliveries, or its endpoints without an event.

    Returns the number of deleted events, or endpoints. Runs once no row of the project can emit an event.
    """
    deleted = await webhook_event.purge_events.run(
        conn, **_org_and_purged_project_id(claim), limit=MAX_PURGED_ROWS_PER_STEP
    )
    return deleted or await webhook_endpoint.purge_endpoints.run(conn, **_org_and_purged_project_id(claim))


async def finish_project_purge(conn: Conn, *, claim: JobClaim) -> dict[str, Any]:
    """Delete a purged project's own row, the last one, and audit the purge; return the job's result."""
    scope = _org_and_purged_project_id(claim)
    await purge.purge_project.run(conn, **scope)
    project_id = scope["project_id"]
    subject = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id)
    await organizations.audit_operator_change_of_organization(
        conn, claim.organization_id, action="project.purged", subject=subject, project_id=project_id
    )
    return {}


def project_id_of_purge_job(claim: JobClaim) -> UUID:
    """Return the id of the project that a purge job deletes."""
    return UUID(claim.args["project_id"])


def _org_and_purged_project_id(claim: JobClaim) -> dict[str, UUID]:
    return {"org": claim.organization_id, "project_id": project_id_of_purge_job(claim)}
