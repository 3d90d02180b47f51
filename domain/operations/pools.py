"""Pools and workers as an operator sees them; they belong to no organization."""

import math
from typing import NamedTuple

import asyncpg

from db.pool import Conn
from db.queries import pool, worker
from jobs.maintenance import LEADER_LOCK
from schemas import ids
from schemas.errors import NotFound
from schemas.ops import Pool, Worker

#: A due job that runs this long or longer asks for a slot of its own, in seconds.
WHOLE_SLOT_S = 10.0


class Crew(NamedTuple):
    """How many workers of a pool take work, take no more, and let their lease run out in the last hour."""

    pool: str
    active: int
    draining: int
    lost: int


async def list_all(conn: Conn, *, slots: int) -> list[Pool]:
    """Every pool, by name; `slots` is what a worker has where none runs to tell."""
    return [_shown(row, slots) for row in await pool.list_pools.all(conn)]


async def pause(conn: Conn, *, name: str, paused: bool, slots: int) -> Pool:
    """While paused, a pool's workers pull nothing; what they run goes on. Raises `NotFound`."""
    if not name.isprintable() or not await pool.set_paused.run(conn, name=name, paused=paused):
        raise NotFound("no such pool: the list of pools names them")
    return next(shown for shown in await list_all(conn, slots=slots) if shown.name == name)


async def list_workers(conn: Conn) -> list[Worker]:
    """The workers whose lease stands."""
    return [_worker(row) for row in await worker.list_workers.all(conn)]


async def list_crews(conn: Conn) -> list[Crew]:
    """Every pool's workers, counted by the state of their leases."""
    return [Crew(*row.values()) for row in await pool.list_crews.all(conn)]


async def has_dispatcher(conn: Conn) -> bool:
    """Whether one runs and works: those that stand by are not seen."""
    return bool(await pool.has_leader.value(conn, lock=LEADER_LOCK))


def desired_workers(*, running: int, due: int, mean_run_s: float | None, slots: float) -> int:
    """How many workers would run what runs and take up what is due (design 8).

    Jobs that end within a second share a slot ten to one. A pool without a past counts as slow.
    """
    share = 1.0 if mean_run_s is None else min(1.0, mean_run_s / WHOLE_SLOT_S)
    return math.ceil((running + due * share) / slots)


def _shown(row: asyncpg.Record, slots: int) -> Pool:
    return Pool(
        name=row["name"],
        queued=row["queued"],
        running=row["running"],
        capacity=row["capacity"],
        oldest_due_seconds=row["oldest_due_s"],
        desired_workers=desired_workers(
            running=row["running"],
            due=row["queued"],
            mean_run_s=row["mean_run_s"],
            slots=row["capacity"] / row["workers"] if row["workers"] else slots,
        ),
        paused=row["paused"],
    )


def _worker(row: asyncpg.Record) -> Worker:
    same = ("pool", "host", "pid", "version", "slots", "running", "state", "started_at", "lease_expires_at")
    return Worker(worker_id=ids.show(ids.WORKER, row["id"]), **{name: row[name] for name in same})
