"""The wait for an event of an SDK app: a look, and the slot is given back until the next one."""

import asyncio
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from db.pool import Conn
from db.reach import reaching
from domain.events import arrivals, verifications
from domain.events.verifications import Listening
from jobs.outcomes import Done, Failed, Outcome, Snooze
from schemas.errors import Unavailable
from workers.resources import EventStore, Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class See(Protocol[T_co]):
    """A question to the store about an app's last seconds."""

    async def __call__(self, conn: Conn, *, project_id: UUID, app_no: int, seconds: float) -> T_co: ...


#: How long a job listens.
LISTENS_S = 60.0
#: Between two looks: at first and at last.
SOON_S, LATER_S = 1.0, 4.0

#: What a silent store of events may cost one look.
PATIENCE_S = 10.0

GONE = Failed("APP_DELETED", "the app was deleted: nothing comes of it any more")


async def open_task(resources: Resources) -> Task:
    event_store = resources.event_store(name="verify", patience_s=PATIENCE_S)
    return partial(verify_tracking, event_store=event_store)


async def verify_tracking(ctx: Context, *, event_store: EventStore, listens_s: float = LISTENS_S) -> Outcome:
    """Each attempt is one look. The job is done when something came, or when it has listened long enough."""
    began_at = asyncio.get_running_loop().time()
    app = await ctx.step(partial(verifications.see, claim=ctx.job))
    if app is None:
        return GONE
    await ctx.progress(min(app.waited_s / listens_s, 0.99), stage="listening")
    look = partial(_look, app, began_at, event_store)
    try:
        if app.may_have_come and (found := await look(arrivals.see)):
            return Done(verifications.came(app, found))
        if app.waited_s >= listens_s:
            return Done(verifications.none_came(app, await look(arrivals.see_refused)))
    except Unavailable:
        return Snooze(LATER_S)
    return Snooze(min(SOON_S + app.waited_s / 10, LATER_S, listens_s - app.waited_s))


async def _look(app: Listening, began_at: float, event_store: EventStore, see: See[T]) -> T:
    """A look at what came since the job was accepted. Raises `Unavailable` while the store is away.

    The store has a clock of its own: it is told how long ago that was, counted from before the first look at
    the job, so that nothing is missed.
    """
    with reaching():
        async with event_store() as conn:
            seconds = app.waited_s + asyncio.get_running_loop().time() - began_at
            return await see(conn, project_id=app.project_id, app_no=app.app_no, seconds=seconds)
