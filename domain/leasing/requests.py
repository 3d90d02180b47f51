"""Requests for leased accounts: a partner asks, an operator assigns or rejects (api.md 10).

Lock order: the project, the request, then the accounts that are lent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import lease_request
from domain.leasing import leases
from domain.tenancy import audit, project_locks
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.api_keys import Env
from schemas.errors import Conflict, Invalid
from schemas.errors.absent import absent
from schemas.leases import LeaseRequest, LeaseRequestCreate, OperatedRequest, RequestStatus


class Teller(NamedTuple):
    """In whose audit log, and with whose key; None for operators."""

    organization_id: UUID
    api_key_id: UUID | None


async def create(
    conn: Conn, *, organization_id: UUID, project_id: UUID, api_key_id: UUID | None, body: LeaseRequestCreate
) -> LeaseRequest:
    """Raises `NotFound`, `Conflict` PROJECT_ARCHIVED."""
    await project_locks.hold_active(conn, organization_id=organization_id, project_id=project_id)
    request_id, asked = ids.new(), {"count": body.count, "niche": body.niche, "platform": body.platform}
    place = {"org": organization_id, "id": request_id}
    await lease_request.insert_request.run(conn, **place, project_id=project_id, note=body.note, **asked)
    await _record(conn, Teller(organization_id, api_key_id), request_id, "created", asked)
    return await get(conn, organization_id=organization_id, project_id=project_id, request_id=request_id)


async def get(conn: Conn, *, organization_id: UUID, project_id: UUID, request_id: UUID) -> LeaseRequest:
    """Raises `NotFound`."""
    await project_locks.check(conn, organization_id=organization_id, project_id=project_id)
    row = await lease_request.get_request.one(conn, org=organization_id, id=request_id)
    if row is None or row["project_id"] != project_id:
        raise absent("lease_request")
    return LeaseRequest(**_fields(row))


async def list_page(
    conn: Conn, *, env: Env, status: RequestStatus | None, before: UUID | None, limit: int
) -> list[OperatedRequest]:
    """At most `limit` requests of all organizations of an environment older than `before`, newest first."""
    rows = await lease_request.list_requests.all(conn, env=env, status=status, before=before, limit=limit)
    return [_operated(row) for row in rows]


async def assign(conn: Conn, *, who: Actor, request_id: UUID, account_ids: Sequence[str]) -> OperatedRequest:
    """Lend these accounts, all or none; fewer than are asked for leave the request `partial`.

    Raises `NotFound`, `Invalid`, `Conflict` PROJECT_ARCHIVED, ALREADY_DECIDED, TOO_MANY_ACCOUNTS or
    ACCOUNT_NOT_LEASABLE.
    """
    place = await _find(conn, who, request_id)
    await project_locks.hold_active(conn, **place)
    request = await _lock(conn, place["organization_id"], request_id)
    named = _read(account_ids)
    before = await lease_request.get_request.row(conn, org=place["organization_id"], id=request_id)
    left = request["count"] - len(before["account_ids"])
    if len(named) > left:
        raise Conflict("TOO_MANY_ACCOUNTS", f"the request asks for {left} more: name no more than that")
    made = await leases.lend(conn, who=who, request=request, named=named)
    status = "assigned" if len(made) == left else "partial"
    await lease_request.note_assigned.run(conn, org=place["organization_id"], id=request_id, status=status)
    said = {"socialAccountIds": [ids.show(ids.ACCOUNT, one) for one in made]}
    return await _decided(conn, who, request, "assigned", said)


async def reject(conn: Conn, *, who: Actor, request_id: UUID, reason: str) -> OperatedRequest:
    """Assign nothing, or no more. Raises `NotFound`, `Conflict` ALREADY_DECIDED."""
    organization_id = (await _find(conn, who, request_id))["organization_id"]
    request = await _lock(conn, organization_id, request_id)
    await lease_request.note_rejected.run(conn, org=organization_id, id=request_id, reason=reason)
    return await _decided(conn, who, request, "rejected", {"reason": reason})


async def _find(conn: Conn, who: Actor, request_id: UUID) -> dict[str, UUID]:
    """Where it belongs, which never changes."""
    found = await lease_request.find_request.one(conn, id=request_id, env=who.env)
    if found is None:
        raise absent("lease_request")
    return dict(found)


async def _lock(conn: Conn, organization_id: UUID, request_id: UUID) -> asyncpg.Record:
    held = await lease_request.lock_request.row(conn, org=organization_id, id=request_id)
    if held["status"] in {"assigned", "rejected"} or held["reason"] is not None:
        raise Conflict(
            "ALREADY_DECIDED",
            f"the request is {held['status']}: nothing is left to decide",
            status=held["status"],
        )
    return held


def _read(account_ids: Sequence[str]) -> list[UUID | None]:
    named = [ids.read(ids.ACCOUNT, text) for text in account_ids]
    for place, one in enumerate(named):
        if one and one in named[:place]:
            raise Invalid(f"socialAccountIds[{place}]", "is given twice")
    return named


async def _decided(
    conn: Conn, who: Actor, request: asyncpg.Record, action: str, said: Mapping[str, Any]
) -> OperatedRequest:
    """Told to both: the partner, without who the operator is, and the operator's organization."""
    org, request_id = request["organization_id"], request["id"]
    await _record(conn, Teller(org, None), request_id, action, said)
    if who.organization_id != org:
        whose = {"organizationId": ids.show(ids.ORGANIZATION, org)}
        await _record(conn, Teller(who.organization_id, who.key_uuid), request_id, action, {**whose, **said})
    return _operated(await lease_request.get_request.row(conn, org=org, id=request_id))


async def _record(conn: Conn, teller: Teller, request_id: UUID, action: str, said: Mapping[str, Any]) -> None:
    await audit.record(
        conn,
        **teller._asdict(),
        action=f"lease_request.{action}",
        subject=ids.show(ids.LEASE_REQUEST, request_id),
        details=said,
    )


def _operated(row: asyncpg.Record) -> OperatedRequest:
    return OperatedRequest(organization_id=ids.show(ids.ORGANIZATION, row["organization_id"]), **_fields(row))


def _fields(row: asyncpg.Record) -> dict[str, Any]:
    same = ("status", "count", "niche", "platform", "note", "assigned_at", "reason")
    return {
        "request_id": ids.show(ids.LEASE_REQUEST, row["id"]),
        "project_id": ids.show(ids.PROJECT, row["project_id"]),
        "assigned_social_account_ids": [ids.show(ids.ACCOUNT, one) for one in row["account_ids"]],
        "submitted_at": row["created_at"],
        **{name: row[name] for name in same},
    }
