"""Pools and workers for an operator; they belong to no organization."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import api_key, pool, worker
from domain.tenancy import audit
from domain.tenancy.api_keys import Actor
from domain.values.answers import build_api_answer_from_row
from jobs.maintenance import DISPATCHER_LEADER_LOCK_ID, JOB_COUNT_VALIDITY_S, MAX_JOBS_PER_COUNT_PART
from schemas import ids
from schemas.errors import ObjectNotFound
from schemas.ops import Pool, PoolCap, Worker

#: Seconds of a job's run from which a due job needs a slot of its own.
MIN_OWN_SLOT_JOB_DURATION_S = 10.0


class PoolWorkerCountsByState(NamedTuple):
    """Workers of a pool: active, draining, and lost in the last hour."""

    pool: str
    active: int
    draining: int
    lost: int


class _PoolRow(NamedTuple):
    name: str
    paused: bool
    queued: int
    oldest_due_s: float | None
    running: int
    capacity: int
    workers: int
    mean_run_s: float | None


class _WorkerRow(NamedTuple):
    id: UUID
    pool: str
    host: str
    pid: int
    version: str
    slots: int
    state: Literal["active", "draining"]
    started_at: datetime
    lease_expires_at: datetime
    running: int


LIST_POOLS = pool.list_pools.typed(_PoolRow)
COUNT_WORKERS = pool.count_workers.typed(PoolWorkerCountsByState)
LIST_WORKERS = worker.list_workers.typed(_WorkerRow)


async def list_worker_pools(conn: Conn, *, slots: int) -> list[Pool]:
    """Return every pool, by name; `slots` is assumed for a worker of a pool without any.

    `queued` and the oldest job are exact up to `MAX_JOBS_PER_COUNT_PART` due jobs. Above that they come from the
    dispatcher's last count, which it makes in parts. Without a fresh count the number is `MAX_JOBS_PER_COUNT_PART`
    and one.
    """
    rows = await LIST_POOLS.all(conn, exact=MAX_JOBS_PER_COUNT_PART, fresh_s=JOB_COUNT_VALIDITY_S)
    return [_pool_to_schema(row, slots) for row in rows]


async def pause_or_resume_pool(
    conn: Conn,
    *,
    name: str,
    paused: bool,
    slots: int,
    actor: Actor | None = None,
    details: Mapping[str, Any] | None = None,
) -> Pool:
    """Pause or resume a pool: a paused pool's workers pull no jobs, and finish their running ones.

    Raises `ObjectNotFound`. A change is audited for the actor's organization. Without an actor, as from the
    command line, it is audited for each organization that has or had an operator's key. Without such an
    organization (`has_operator_organizations`) it isn't audited.
    """
    changed = await pool.set_paused.value(conn, name=name, paused=paused) if name.isprintable() else None
    if changed is None:
        raise ObjectNotFound("no such pool: the list of pools names them")
    logs: Mapping[UUID, UUID | None] = {}
    if changed:
        logs = (
            await _find_organizations_of_operators(conn) if actor is None else {actor.organization_id: actor.key_uuid}
        )
    for org, key_id in logs.items():
        await audit.write_audit_entry(
            conn,
            organization_id=org,
            api_key_id=key_id,
            action="pool.paused" if paused else "pool.resumed",
            subject=name,
            details=details,
        )
    return next(listed for listed in await list_worker_pools(conn, slots=slots) if listed.name == name)


async def has_operator_organizations(conn: Conn) -> bool:
    """Return whether a live organization has or had an operator's key, and so an audit log for operators."""
    return bool(await _find_organizations_of_operators(conn))


async def list_tier_job_caps_of_worker_pool(conn: Conn, *, name: str) -> list[PoolCap]:
    """Return a pool's caps of running and queued jobs, of the tiers with a cap; empty for an unknown pool."""
    return [PoolCap(**dict(row)) for row in await pool.list_caps.all(conn, name=name)]


async def set_pool_tier_job_caps(conn: Conn, *, name: str, cap: PoolCap) -> list[PoolCap]:
    """Set a tier's caps of running and queued jobs in a pool, from the next pull and submit on; return the pool's caps.

    Raises `ObjectNotFound`.
    """
    values = {"tier": cap.tier, "max_running": cap.max_running, "max_queued": cap.max_queued}
    if not name.isprintable() or not await pool.set_cap.run(conn, name=name, **values):
        raise ObjectNotFound("no such pool: the list of pools names them, and a pool's first worker creates it")
    return await list_tier_job_caps_of_worker_pool(conn, name=name)


async def list_workers(conn: Conn) -> list[Worker]:
    """Return the workers with a valid lease."""
    return [_worker_to_schema(row) for row in await LIST_WORKERS.all(conn)]


async def count_workers(conn: Conn) -> list[PoolWorkerCountsByState]:
    """Count each pool's active and draining workers, and those lost in the last hour."""
    return await COUNT_WORKERS.all(conn)


async def has_leading_dispatcher(conn: Conn) -> bool:
    """Return whether a leading dispatcher runs; standbys don't count."""
    return bool(await pool.has_leader.value(conn, lock=DISPATCHER_LEADER_LOCK_ID))


def compute_desired_worker_count(*, running: int, due: int, mean_run_s: float | None, slots: float) -> int:
    """Return the number of workers with so many `slots` that a pool needs for its running and due jobs.

    A paused pool has no due jobs; one without ended jobs counts as slow. A due job needs a whole slot if the mean run
    takes `MIN_OWN_SLOT_JOB_DURATION_S`, else a part: ten jobs of a second share one.
    """
    share = 1.0 if mean_run_s is None else min(1.0, mean_run_s / MIN_OWN_SLOT_JOB_DURATION_S)
    return math.ceil((running + due * share) / slots)


async def _find_organizations_of_operators(conn: Conn) -> dict[UUID, UUID | None]:
    """Return the live organizations that have or had an operator's key, each mapped to None: no key is recorded."""
    return {row["organization_id"]: None for row in await api_key.list_operators.all(conn)}


def _pool_to_schema(row: _PoolRow, slots: int) -> Pool:
    return build_api_answer_from_row(
        Pool,
        row,
        oldest_due_seconds=row.oldest_due_s,
        desired_workers=compute_desired_worker_count(
            running=row.running,
            due=0 if row.paused else row.queued,
            mean_run_s=row.mean_run_s,
            slots=row.capacity / row.workers if row.workers else slots,
        ),
    )


def _worker_to_schema(row: _WorkerRow) -> Worker:
    return build_api_answer_from_row(Worker, row, worker_id=ids.format_prefixed_id(ids.WORKER_ID_PREFIX, row.id))
