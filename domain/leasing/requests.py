"""Requests for leased accounts: a partner requests them, an operator assigns or rejects.

Lock order: the project, the request, then the owners' accounts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from db.pool import Conn
from db.queries import lease_request
from domain.leasing import leases
from domain.leasing.leases import LockedLeaseRequest
from domain.tenancy import audit, project_locks
from domain.tenancy.api_keys import Actor
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.accounts import PlatformName
from schemas.api_keys import ApiKeyEnv
from schemas.errors import InvalidValue, StateConflict
from schemas.errors.absent import not_found_error, require_found
from schemas.leases import LeaseRequest, LeaseRequestCreate, LeaseRequestStatus, OperatedRequest

LeaseRequestShape = TypeVar("LeaseRequestShape", bound=LeaseRequest)

#: Reason of a request that its project's archive closed.
ARCHIVE_LEASE_REQUEST_CLOSE_REASON = "the project was archived"


class LeaseRequestRow(NamedTuple):
    """Request; `account_ids` are all accounts that were assigned to it, ended leases included."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    wanted: int
    niche: str
    platform: PlatformName | None
    note: str | None
    status: LeaseRequestStatus
    assigned_at: datetime | None
    reason: str | None
    created_at: datetime
    account_ids: list[UUID]


class LeaseRequestProject(NamedTuple):
    """Project of a request, which never changes."""

    organization_id: UUID
    project_id: UUID


class AuditEntryOrgAndApiKey(NamedTuple):
    """Organization of an audit log entry, with the key and project to record; no key for operators."""

    organization_id: UUID
    api_key_id: UUID | None
    project_id: UUID | None


GET_LEASE_REQUEST = lease_request.get_request.typed(LeaseRequestRow)
LIST_ENV_LEASE_REQUESTS = lease_request.list_requests.typed(LeaseRequestRow)
LIST_PROJECT_LEASE_REQUESTS = lease_request.list_of_project.typed(LeaseRequestRow)
LOCK_LEASE_REQUEST = lease_request.lock_request.typed(LockedLeaseRequest)
FIND_LEASE_REQUEST_PROJECT = lease_request.find_request.typed(LeaseRequestProject)


async def create_lease_request(
    conn: Conn, *, organization_id: UUID, project_id: UUID, api_key_id: UUID | None, body: LeaseRequestCreate
) -> LeaseRequest:
    """Create a project's request for leased accounts. Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED."""
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    request_id = ids.new_uuid7()
    await lease_request.insert_request.run(
        conn,
        org=organization_id,
        project_id=project_id,
        id=request_id,
        count=body.count,
        niche=body.niche,
        platform=body.platform,
        note=body.note,
    )
    created = {"count": body.count, "niche": body.niche, "platform": body.platform}
    await _audit_lease_request_action(
        conn, AuditEntryOrgAndApiKey(organization_id, api_key_id, project_id), request_id, "created", created
    )
    return await read_lease_request(conn, organization_id=organization_id, project_id=project_id, request_id=request_id)


async def read_lease_request(conn: Conn, *, organization_id: UUID, project_id: UUID, request_id: UUID) -> LeaseRequest:
    """Return a project's request for leased accounts. Raises `ObjectNotFound`."""
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    row = await GET_LEASE_REQUEST.one(conn, org=organization_id, id=request_id)
    if row is None or row.project_id != project_id:
        raise not_found_error("lease_request")
    return _lease_request_to_schema(LeaseRequest, row)


async def list_project_lease_requests(
    conn: Conn, *, organization_id: UUID, project_id: UUID, before: UUID | None, limit: int
) -> list[LeaseRequest]:
    """Return at most `limit` lease requests of a project older than `before`, newest first. Raises `ObjectNotFound`."""
    await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_PROJECT_LEASE_REQUESTS.all(
        conn, org=organization_id, project_id=project_id, before=before, limit=limit
    )
    return [_lease_request_to_schema(LeaseRequest, row) for row in rows]


async def list_lease_requests_of_environment(
    conn: Conn, *, env: ApiKeyEnv, statuses: Sequence[LeaseRequestStatus] | None, before: UUID | None, limit: int
) -> list[OperatedRequest]:
    """Return at most `limit` lease requests of all an environment's organizations older than `before`, newest first."""
    rows = await LIST_ENV_LEASE_REQUESTS.all(conn, env=env, statuses=statuses, before=before, limit=limit)
    return [_lease_request_to_schema(OperatedRequest, row) for row in rows]


async def assign_leased_accounts_to_request(
    conn: Conn, *, actor: Actor, request_id: UUID, account_ids: Sequence[str]
) -> OperatedRequest:
    """Lease all of these accounts to the project of a lease request, or none; return the request.

    Fewer accounts than requested leave it `partial`. Raises `ObjectNotFound`, `InvalidValue`, `StateConflict`
    PROJECT_ARCHIVED, ALREADY_DECIDED, TOO_MANY_ACCOUNTS or ACCOUNT_NOT_LEASABLE.
    """
    org, project_id = await _find_lease_request_project(conn, actor, request_id)
    await project_locks.lock_active_project(conn, organization_id=org, project_id=project_id)
    request = await _lock_undecided_lease_request(conn, org, request_id)
    owner_ids = _parse_assigned_account_ids(account_ids)
    remaining = request.wanted - len((await GET_LEASE_REQUEST.row(conn, org=org, id=request_id)).account_ids)
    if len(owner_ids) > remaining:
        raise StateConflict("TOO_MANY_ACCOUNTS", f"the request has room for {remaining} more: name fewer")
    leased = await leases.lease_accounts_to_project(conn, actor=actor, request=request, owner_ids=owner_ids)
    status = "assigned" if len(leased) == remaining else "partial"
    await lease_request.note_assigned.run(conn, org=org, id=request_id, status=status)
    shown_ids = [ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id) for account_id in leased]
    return await _audit_lease_request_decision(conn, actor, request, "assigned", {"socialAccountIds": shown_ids})


async def reject_lease_request(conn: Conn, *, actor: Actor, request_id: UUID, reason: str) -> OperatedRequest:
    """Reject a lease request, or its unassigned rest. Raises `ObjectNotFound`, `StateConflict` ALREADY_DECIDED."""
    org, _ = await _find_lease_request_project(conn, actor, request_id)
    request = await _lock_undecided_lease_request(conn, org, request_id)
    await lease_request.note_rejected.run(conn, org=org, id=request_id, reason=reason)
    return await _audit_lease_request_decision(conn, actor, request, "rejected", {"reason": reason})


async def close_project_lease_requests(conn: Conn, *, organization_id: UUID, project_id: UUID) -> int:
    """Close the undecided lease requests of a project that this transaction archives; return their number.

    Its lock on the project orders it with each assignment, which shares that lock first.
    """
    return await lease_request.close_of_project.run(
        conn, org=organization_id, project_id=project_id, reason=ARCHIVE_LEASE_REQUEST_CLOSE_REASON
    )


async def _find_lease_request_project(conn: Conn, actor: Actor, request_id: UUID) -> LeaseRequestProject:
    return require_found(await FIND_LEASE_REQUEST_PROJECT.one(conn, id=request_id, env=actor.env), "lease_request")


async def _lock_undecided_lease_request(conn: Conn, organization_id: UUID, request_id: UUID) -> LockedLeaseRequest:
    request = await LOCK_LEASE_REQUEST.row(conn, org=organization_id, id=request_id)
    if request.status in {"assigned", "rejected"} or request.reason is not None:
        raise StateConflict(
            "ALREADY_DECIDED", f"the request is {request.status}: its decision is final", status=request.status
        )
    return request


def _parse_assigned_account_ids(account_ids: Sequence[str]) -> list[UUID | None]:
    read = [ids.parse_prefixed_id(ids.ACCOUNT_ID_PREFIX, text) for text in account_ids]
    for position, account_id in enumerate(read):
        if account_id and account_id in read[:position]:
            raise InvalidValue(f"socialAccountIds[{position}]", "is given twice")
    return read


async def _audit_lease_request_decision(
    conn: Conn, actor: Actor, request: LockedLeaseRequest, action: str, details: Mapping[str, Any]
) -> OperatedRequest:
    """Audit a decision for both organizations, the partner's entry without the operator's name; return the request."""
    org = request.organization_id
    await _audit_lease_request_action(
        conn, AuditEntryOrgAndApiKey(org, None, request.project_id), request.id, action, details
    )
    if actor.organization_id != org:
        operator_details = {"organizationId": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, org), **details}
        await _audit_lease_request_action(
            conn,
            AuditEntryOrgAndApiKey(actor.organization_id, actor.key_uuid, None),
            request.id,
            action,
            operator_details,
        )
    return _lease_request_to_schema(OperatedRequest, await GET_LEASE_REQUEST.row(conn, org=org, id=request.id))


async def _audit_lease_request_action(
    conn: Conn, log: AuditEntryOrgAndApiKey, request_id: UUID, action: str, details: Mapping[str, Any]
) -> None:
    await audit.write_audit_entry(
        conn,
        **log._asdict(),
        action=f"lease_request.{action}",
        subject=ids.format_prefixed_id(ids.LEASE_REQUEST_ID_PREFIX, request_id),
        details=details,
    )


def _lease_request_to_schema(shape: type[LeaseRequestShape], row: LeaseRequestRow) -> LeaseRequestShape:
    return build_api_answer_from_row(
        shape,
        row,
        request_id=ids.format_prefixed_id(ids.LEASE_REQUEST_ID_PREFIX, row.id),
        count=row.wanted,
        assigned_social_account_ids=[
            ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id) for account_id in row.account_ids
        ],
        submitted_at=row.created_at,
    )
