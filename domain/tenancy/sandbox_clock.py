"""The clock of a sandbox: how far its time is ahead, and the job that moves it.

The time of a sandbox moves by making all that it has older: every row's times go back by as much. So whatever
compares a time with the real one, such as a pull, a quota or a token's age, needs to know of no other clock;
only what callers send and see is moved, by `ahead` (`domain/tenancy/shown_times.py`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import sandbox_clock, sandbox_load
from domain.values import durations, timezones
from jobs import ledger
from jobs.kinds import ADVANCE_CLOCK
from jobs.ledger import Moved, Submitted
from schemas import ids
from schemas.errors import Conflict, Invalid
from schemas.sandbox import AdvanceClock, SandboxClock

#: How far a sandbox may be ahead, in all.
FURTHEST = timedelta(days=400)
#: Rows that one advance makes older, at most: all of the sandbox's, as often as it stops. Ten times as many
#: as in 90 days of a daily post; some minutes' work of a database that others want too.
MOST_AGED = 2_000_000


class Clock(NamedTuple):
    """A clock's row, with the real time; `target` is the sandbox's, while an advance is under way."""

    ahead: timedelta
    target: datetime | None
    job_id: UUID | None
    posts: int
    jobs: int
    now: datetime

    @property
    def time(self) -> datetime:
        """The sandbox's."""
        return self.now + self.ahead

    @property
    def shown_job_id(self) -> str | None:
        """The last advance's job."""
        return None if self.job_id is None else ids.show(ids.JOB, self.job_id)


class _Way(NamedTuple):
    """The way of an advance: `times` at which something is due, and `rows` that get older at each."""

    times: int
    daily: bool
    rows: int


GET_CLOCK = sandbox_clock.get_clock.typed(Clock)
HOLD_CLOCK = sandbox_clock.hold_clock.typed(Clock)
LOCK_CLOCK = sandbox_clock.lock_clock.typed(Clock)
WEIGH = sandbox_load.weigh.typed(_Way)


async def get(conn: Conn, *, organization_id: UUID) -> Clock:
    """A sandbox's."""
    return await GET_CLOCK.row(conn, org=organization_id)


async def hold(conn: Conn, *, organization_id: UUID) -> timedelta:
    """The time that the sandbox is ahead until this transaction ends. Raises `Conflict` CLOCK_ADVANCING."""
    clock = await HOLD_CLOCK.one(conn, org=organization_id)
    if clock is None:
        return timedelta()
    _check_stands(clock)
    return clock.ahead


async def keep(conn: Conn, *, organization_id: UUID) -> timedelta:
    """The same of one that may be on its way: it waits there until this transaction ends."""
    clock = await HOLD_CLOCK.one(conn, org=organization_id)
    return timedelta() if clock is None else clock.ahead


async def advance(conn: Conn, *, organization_id: UUID, body: AdvanceClock) -> tuple[SandboxClock, Submitted]:
    """Begin to move a sandbox's clock; the job does. Raises `Invalid`, `Conflict` CLOCK_ADVANCING.

    No write of the sandbox is under way from here on: each holds the clock until it is committed.
    """
    await sandbox_clock.insert_clock.run(conn, org=organization_id)
    clock = await LOCK_CLOCK.row(conn, org=organization_id)
    _check_stands(clock)
    path, by = _way(clock, body)
    await _check_work(conn, organization_id, path, by)
    target = clock.time + by
    submitted = await ledger.submit(
        conn, kind=ADVANCE_CLOCK, organization_id=organization_id, project_id=None, args={}
    )
    await sandbox_clock.start_clock.run(conn, org=organization_id, target=target, job_id=submitted.job_id)
    return show(clock._replace(target=target, job_id=submitted.job_id, posts=0, jobs=0)), submitted


async def ended(conn: Conn, *, rows: Sequence[Moved]) -> None:
    """The clocks of these jobs stand where they are."""
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


def _check_stands(clock: Clock) -> None:
    if clock.target:
        why = "the sandbox's clock advances: wait for its job's end"
        raise Conflict("CLOCK_ADVANCING", why, jobId=clock.shown_job_id)


def _way(clock: Clock, body: AdvanceClock) -> tuple[str, timedelta]:
    """The field that says how far the clock goes, and how far that is. Raises `Invalid`."""
    if body.advance is not None and body.now is None:
        path, by = "advance", durations.read(body.advance, path="advance")
    elif body.now is not None and body.advance is None:
        path, by = "now", timezones.read(body.now, path="now") - clock.time
    else:
        raise Invalid("now", "send either now or advance")
    if by <= timedelta():
        raise Invalid(path, "is not ahead of the sandbox's time: its clock goes forward only")
    if by > FURTHEST - clock.ahead:
        raise Invalid(path, f"is too far: a sandbox is at most {FURTHEST.days} days ahead in all")
    return path, by


async def _check_work(conn: Conn, organization_id: UUID, path: str, by: timedelta) -> None:
    """Raises `Invalid` where the clock would stop too often for what the sandbox has."""
    way = await WEIGH.row(conn, org=organization_id, by=by)
    stops, most = way.times + (by.days if way.daily else 0) + 1, MOST_AGED // max(1, way.rows)
    if not most:
        raise Invalid(path, "is too far: the sandbox has too much in it by now; use a new organization's")
    if stops > most:
        raise Invalid(
            path,
            f"is too far at once: something is due at {stops} times on the way, and with all that the "
            f"sandbox has {most} are taken at once: go there in parts",
        )
