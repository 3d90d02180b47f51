"""An ingest's job, whatever its source: read, keep what was read, or say why not."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from domain.brand import ingests
from jobs.outcomes import Canceled, Failed, Outcome, Retry, Snooze
from schemas.brand import Extraction, Visit
from schemas.errors import Conflict, SourceError, SourceRateLimited
from workers.runtime.context import Context

#: Told the stage that begins and how far the work is, from 0 to 1.
Progress: TypeAlias = Callable[[str, float], Awaitable[None]]
#: Reads the job's source; the visit is what the last ingest with the same arguments left.
Read: TypeAlias = Callable[[Visit | None, Progress], Awaitable[Extraction]]
#: What a sandbox reads instead: nothing from the network.
Pretend: TypeAlias = Callable[[Progress], Awaitable[Extraction]]


async def perform(ctx: Context, *, read: Read, pretend: Pretend) -> Outcome:
    async def report(stage: str, ratio: float) -> None:
        await ctx.progress(ratio, stage=stage)

    try:
        begun = await ctx.step(partial(ingests.begin, claim=ctx.job))
        extraction = await (pretend(report) if begun.sandbox else read(begun.visit, report))
        await progress("saving", 0.9)
        return await ctx.commit(partial(ingests.finish, claim=ctx.job, extraction=extraction), project=True)
    except SourceError as error:
        return refused(error)
    except Conflict:
        # Archived while we read: its archive job cancels what has not come this far.
        return Canceled()


def refused(error: SourceError) -> Outcome:
    """A limit that says when it ends costs no attempt: nothing is wrong, it is too early."""
    if isinstance(error, SourceRateLimited) and error.retry_after is not None:
        return Snooze(error.retry_after)
    if error.retryable:
        return Retry(error.code, error.message, after_s=error.retry_after)
    return Failed(error.code, error.message)
