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
from jobs.kinds import ADVANCE_CLOCK_KIND
from jobs.ledger import ChangedJob, SubmittedJob
from schemas import ids
from schemas.errors import InvalidValue, StateConflict
from schemas.sandbox import AdvanceClock, SandboxClock

_CLOCK_ADVANCE_DURATION_PATTERN = re.compile(r"([1-9]\d{0,8})([smhd])", re.ASCII)
_TIMEDELTA_ARGUMENT_BY_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

#: Largest total advance of a sandbox.
MAX_SANDBOX_TIME_AHEAD = timedelta(days=400)
#: Most row updates of one advance: all of the sandbox's rows at each stop. That is ten times as many as for
#: 90 days of a daily post; some minutes' work of a shared database.
MAX_ROW_UPDATES_PER_CLOCK_ADVANCE = 2_000_000


class SandboxClockRow(NamedTuple):
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
    def last_advance_public_job_id(self) -> str | None:
        """Return the public id of the last advance's job."""
        return None if self.job_id is None else ids.format_prefixed_id(ids.JOB_ID_PREFIX, self.job_id)


class _ClockAdvanceCost(NamedTuple):
    """Cost of an advance: `times` with due work, and `rows` to update at each stop."""

    times: int
    daily: bool
    rows: int


GET_SANDBOX_CLOCK = sandbox_clock.get_clock.typed(SandboxClockRow)
HOLD_SANDBOX_CLOCK = sandbox_clock.hold_clock.typed(SandboxClockRow)
LOCK_SANDBOX_CLOCK = sandbox_clock.lock_clock.typed(SandboxClockRow)
ESTIMATE_CLOCK_ADVANCE_COST = sandbox_load.weigh.typed(_ClockAdvanceCost)


async def read_sandbox_clock(conn: Conn, *, organization_id: UUID) -> SandboxClockRow:
    """Return a sandbox's clock: its lead over the real time, and the advance under way if there is one."""
    return await GET_SANDBOX_CLOCK.row(conn, org=organization_id)


async def hold_sandbox_clock(conn: Conn, *, organization_id: UUID) -> timedelta:
    """Return the time by which a sandbox is ahead, and keep it unchanged until this transaction ends.

    It is 0 for an organization without a clock. Raises `StateConflict` CLOCK_ADVANCING while an advance is
    under way.
    """
    clock = await HOLD_SANDBOX_CLOCK.one(conn, org=organization_id)
    if clock is None:
        return timedelta()
    _check_clock_not_advancing(clock)
    return clock.ahead


async def hold_sandbox_clock_even_if_advancing(conn: Conn, *, organization_id: UUID) -> timedelta:
    """Return the time by which a sandbox is ahead (else 0), and keep it unchanged until this transaction ends.

    Unlike `hold_sandbox_clock` it allows an advance under way, which then waits for this transaction.
    """
    clock = await HOLD_SANDBOX_CLOCK.one(conn, org=organization_id)
    return timedelta() if clock is None else clock.ahead


async def submit_clock_advance(
    conn: Conn, *, organization_id: UUID, body: AdvanceClock
) -> tuple[SandboxClock, SubmittedJob]:
    """Submit the job that advances a sandbox's clock; return the clock and the job.

    No write of the sandbox is under way from here on: each holds the clock until its commit. Raises `InvalidValue`,
    `StateConflict` CLOCK_ADVANCING, `LimitReached`.
    """
    await sandbox_clock.insert_clock.run(conn, org=organization_id)
    clock = await LOCK_SANDBOX_CLOCK.row(conn, org=organization_id)
    _check_clock_not_advancing(clock)
    path, by = _parse_clock_advance(clock, body)
    await _check_clock_advance_cost(conn, organization_id, path, by)
    target = clock.time + by
    submitted = await ledger.submit_job(
        conn, kind=ADVANCE_CLOCK_KIND, organization_id=organization_id, project_id=None, args={}
    )
    await sandbox_clock.start_clock.run(conn, org=organization_id, target=target, job_id=submitted.job_id)
    return sandbox_clock_to_schema(clock._replace(target=target, job_id=submitted.job_id, posts=0, jobs=0)), submitted


async def end_clock_advances_of_ended_jobs(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """End the clock advances of these ended jobs; each sandbox's clock keeps the time that it gained."""
    orgs, job_ids = [row.organization_id for row in rows], [row.id for row in rows]
    await sandbox_clock.stop_clocks.run(conn, orgs=orgs, job_ids=job_ids)


def sandbox_clock_to_schema(clock: SandboxClockRow) -> SandboxClock:
    return SandboxClock(
        now=clock.time,
        offset_seconds=clock.ahead.total_seconds(),
        status="advancing" if clock.target else "ready",
        target=clock.target,
        job_id=clock.last_advance_public_job_id,
        due_posts=clock.posts,
        due_jobs=clock.jobs,
    )


def _check_clock_not_advancing(clock: SandboxClockRow) -> None:
    if clock.target:
        why = "the sandbox's clock advances: wait for its job's end"
        raise StateConflict("CLOCK_ADVANCING", why, jobId=clock.last_advance_public_job_id)


def _parse_clock_advance(clock: SandboxClockRow, body: AdvanceClock) -> tuple[str, timedelta]:
    """Return the request's field for a clock's advance, and the time to advance.

    Raises `InvalidValue` unless one field is sent, for no advance, and for one above `MAX_SANDBOX_TIME_AHEAD` in all.
    """
    if body.advance is not None and body.now is None:
        path, by = "advance", _parse_clock_advance_duration(body.advance)
    elif body.now is not None and body.advance is None:
        path, by = "now", timezones.parse_utc_time(body.now, path="now") - clock.time
    else:
        raise InvalidValue("now", "send either now or advance")
    if by <= timedelta():
        raise InvalidValue(path, "is not ahead of the sandbox's time: its clock goes forward only")
    if by > MAX_SANDBOX_TIME_AHEAD - clock.ahead:
        raise InvalidValue(path, f"is too far: a sandbox is at most {MAX_SANDBOX_TIME_AHEAD.days} days ahead in all")
    return path, by


def _parse_clock_advance_duration(text: str) -> timedelta:
    """Return the duration of a whole number and a unit, such as 90m or 7d. Raises `InvalidValue`."""
    match = _CLOCK_ADVANCE_DURATION_PATTERN.fullmatch(text)
    if not match:
        raise InvalidValue("advance", "must be a whole number of s, m, h or d, such as 90m or 7d")
    return timedelta(**{_TIMEDELTA_ARGUMENT_BY_UNIT[match[2]]: int(match[1])})


async def _check_clock_advance_cost(conn: Conn, organization_id: UUID, path: str, by: timedelta) -> None:
    """Raise `InvalidValue` if an advance would update too many rows at all its stops together."""
    way = await ESTIMATE_CLOCK_ADVANCE_COST.row(conn, org=organization_id, by=by)
    stops, max_stops = (
        way.times + (by.days if way.daily else 0) + 1,
        MAX_ROW_UPDATES_PER_CLOCK_ADVANCE // max(1, way.rows),
    )
    if not max_stops:
        raise InvalidValue(path, "is too far: the sandbox has too many rows by now; use a new organization's")
    if stops > max_stops:
        raise InvalidValue(
            path,
            f"is too far at once: it needs {stops} stops with due work, and for the rows of this "
            f"sandbox one advance has {max_stops}: advance in parts",
        )
