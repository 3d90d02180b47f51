"""Clock of a sandbox: the time by which it is ahead, and the job that advances it.

An advance moves the times of all of the sandbox's rows into the past by the same amount. So every comparison
with the real time, such as in a pull, a quota or a token's expiry, works without a second clock. Only times
in requests and answers are shifted, by `ahead` (`domain/tenancy/sandbox_times.py`).
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import sandbox_clock, sandbox_load
from domain.values import timezones
from jobs import ledger
from jobs.kinds import ADVANCE_CLOCK
from jobs.ledger import ChangedJob, SubmittedJob
from schemas import ids
from schemas.errors import Conflict, Invalid
from schemas.sandbox import AdvanceClock, SandboxClock

_DURATION = re.compile(r"([1-9]\d{0,8})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

#: Largest total advance of a sandbox.
MAX_AHEAD = timedelta(days=400)
#: Most row updates of one advance: all of the sandbox's rows at each stop. That is ten times as many as for
#: 90 days of a daily post; some minutes' work of a shared database.
MAX_AGED_ROWS = 2_000_000


class Clock(NamedTuple):
    """Row of a clock with the real time; `target` is in sandbox time, while an advance is under way."""

    ahead: timedelta
    target: datetime | None
    job_id: UUID | None
    posts: int
    jobs: int
    now: datetime

    @property
    def time(self) -> datetime:
        """Return the sandbox's time."""
        return self.now + self.ahead

    @property
    def shown_job_id(self) -> str | None:
        """Return the public id of the last advance's job."""
        return None if self.job_id is None else ids.show(ids.JOB, self.job_id)


class _AdvanceCost(NamedTuple):
    """Cost of an advance: `times` with due work, and `rows` to update at each stop."""

    times: int
    daily: bool
    rows: int


GET_CLOCK = sandbox_clock.get_clock.typed(Clock)
HOLD_CLOCK = sandbox_clock.hold_clock.typed(Clock)
LOCK_CLOCK = sandbox_clock.lock_clock.typed(Clock)
WEIGH = sandbox_load.weigh.typed(_AdvanceCost)


async def get(conn: Conn, *, organization_id: UUID) -> Clock:
    """Return a sandbox's clock."""
    return await GET_CLOCK.row(conn, org=organization_id)


async def hold_still(conn: Conn, *, organization_id: UUID) -> timedelta:
    """Return the time by which the sandbox is ahead, and keep it until this transaction ends.

    It is 0 for an organization without a clock.

    Raises `Conflict` CLOCK_ADVANCING.
    """
    clock = await HOLD_CLOCK.one(conn, org=organization_id)
    if clock is None:
        return timedelta()
    _check_not_advancing(clock)
    return clock.ahead


async def hold_for_advance(conn: Conn, *, organization_id: UUID) -> timedelta:
    """Return the advance as `hold_still` does, also during an advance, which then waits for this
    transaction.
    """
    clock = await HOLD_CLOCK.one(conn, org=organization_id)
    return timedelta() if clock is None else clock.ahead


async def advance(
    conn: Conn, *, organization_id: UUID, body: AdvanceClock
) -> tuple[SandboxClock, SubmittedJob]:
    """Submit the job that advances a sandbox's clock. Raises `Invalid`, `Conflict` CLOCK_ADVANCING.

    No write of the sandbox is under way from here on: each holds the clock until its commit.
    """
    await sandbox_clock.insert_clock.run(conn, org=organization_id)
    clock = await LOCK_CLOCK.row(conn, org=organization_id)
    _check_not_advancing(clock)
    path, by = _read_distance(clock, body)
    await _check_work(conn, organization_id, path, by)
    target = clock.time + by
    submitted = await ledger.submit(
        conn, kind=ADVANCE_CLOCK, organization_id=organization_id, project_id=None, args={}
    )
    await sandbox_clock.start_clock.run(conn, org=organization_id, target=target, job_id=submitted.job_id)
    return show(clock._replace(target=target, job_id=submitted.job_id, posts=0, jobs=0)), submitted


async def stop_clocks_of_jobs(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """End the advance of the sandbox clocks by these ended jobs; each clock keeps its gained time."""
    orgs, job_ids = [row.organization_id for row in rows], [row.id for row in rows]
    await sandbox_clock.stop_clocks.run(conn, orgs=orgs, job_ids=job_ids)


def show(clock: Clock) -> SandboxClock:
    return SandboxClock(
        now=clock.time,
        offset_seconds=clock.ahead.total_seconds(),
        status="advancing" if clock.target else "ready",
        target=clock.target,
        job_id=clock.shown_job_id,
        due_posts=clock.posts,
        due_jobs=clock.jobs,
    )


def _check_not_advancing(clock: Clock) -> None:
    if clock.target:
        why = "the sandbox's clock advances: wait for its job's end"
        raise Conflict("CLOCK_ADVANCING", why, jobId=clock.shown_job_id)


def _read_distance(clock: Clock, body: AdvanceClock) -> tuple[str, timedelta]:
    """Return the field with the distance, and the distance. Raises `Invalid`."""
    if body.advance is not None and body.now is None:
        path, by = "advance", _read_duration(body.advance)
    elif body.now is not None and body.advance is None:
        path, by = "now", timezones.read(body.now, path="now") - clock.time
    else:
        raise Invalid("now", "send either now or advance")
    if by <= timedelta():
        raise Invalid(path, "is not ahead of the sandbox's time: its clock goes forward only")
    if by > MAX_AHEAD - clock.ahead:
        raise Invalid(path, f"is too far: a sandbox is at most {MAX_AHEAD.days} days ahead in all")
    return path, by


def _read_duration(text: str) -> timedelta:
    """Parse a whole number and a unit, such as 90m or 7d. Raises `Invalid`."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise Invalid("advance", "must be a whole number of s, m, h or d, such as 90m or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


async def _check_work(conn: Conn, organization_id: UUID, path: str, by: timedelta) -> None:
    """Raise `Invalid` if the clock would stop too often for the sandbox's number of rows."""
    way = await WEIGH.row(conn, org=organization_id, by=by)
    stops, max_stops = way.times + (by.days if way.daily else 0) + 1, MAX_AGED_ROWS // max(1, way.rows)
    if not max_stops:
        raise Invalid(path, "is too far: the sandbox has too many rows by now; use a new organization's")
    if stops > max_stops:
        raise Invalid(
            path,
            f"is too far at once: it needs {stops} stops with due work, and for the rows of this "
            f"sandbox one advance has {max_stops}: advance in parts",
        )
