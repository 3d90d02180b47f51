"""One attempt to bring a post to its platform: what it holds, and how it ends or rests."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from db.pool import Conn
from domain.publishing import failures
from domain.publishing.outgoing import Account, Work
from domain.security.keyring import Keyring
from jobs.outcomes import Done, Failed, Outcome
from schemas.errors import Conflict, PlatformError
from telemetry import logs, metrics
from workers.platforms.contract import Adapter, Draft
from workers.runtime.context import Context

T = TypeVar("T")

_log = logs.get("publish")


class Trip(NamedTuple):
    """`heard` is when we heard the database's time, by the loop's clock: so `now` is never ahead of it."""

    ctx: Context
    adapter: Adapter
    account: Account
    draft: Draft
    work: Work
    keyring: Keyring
    heard: float

    def now(self) -> datetime:
        """The database's time, by our own clock's measure since it said it."""
        return self.work.now + timedelta(seconds=asyncio.get_running_loop().time() - self.heard)

    async def decide(self, body: Callable[[Conn], Awaitable[T]], *, project: bool = False) -> T:
        """Each step of a post begins with `failures.hold`."""
        return await self.ctx.decide(body, project=project, locks=True)

    async def not_sent(self, error: PlatformError) -> Outcome:
        """It may wait for another try only where the project is active: an un-archive revives nothing."""
        body = partial(failures.not_sent, claim=self.ctx.job, error=error, generation=self.work.generation)
        try:
            return await self.decide(body, project=True)
        except Conflict:
            return await self.decide(partial(body, archived=True))

    async def unseen(self, error: PlatformError) -> Outcome:
        body = partial(failures.unseen, claim=self.ctx.job, error=error, generation=self.work.generation)
        return await self.decide(body)

    async def unknown(self) -> Outcome:
        return await self.decide(partial(failures.unknown, claim=self.ctx.job))


def tell(trip: Trip, outcome: Outcome) -> None:
    """What this attempt came to, for graphs and for people."""
    word = _word(outcome)
    metrics.POSTS.labels(trip.account.platform, word).inc()
    job = trip.ctx.job
    about = {**logs.job(job.id, job.kind, job.attempt), **logs.post(job.organization_id, trip.work.post_id)}
    code = {"code": outcome.code} if isinstance(outcome, Failed) else {}
    _log.info("post", outcome=word, platform=trip.account.platform, **code, **about)


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Done):
        return "published"
    if isinstance(outcome, Failed) and outcome.code == failures.UNKNOWN.code:
        return "outcome_unknown"
    return outcome.word
