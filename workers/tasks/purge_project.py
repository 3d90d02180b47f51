"""The end of a purged project: all that is its own, in steps that each leave less."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from domain.media.storage import open_store
from domain.media.store import Store
from domain.operations import purge
from domain.security.keyring import Keyring
from jobs.outcomes import Outcome, Snooze
from schemas.errors import Unavailable
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Between two looks whether what was under way has ended.
WAIT_S = 5.0
#: Until the next try where the storage of files is away.
AWAY_S = 60.0

#: Deletes a batch; nothing when none is left.
Delete: TypeAlias = Callable[..., Awaitable[object]]


async def open_task(resources: Resources) -> Task:
    return partial(purge_project, store=open_store(resources.settings), keyring=resources.keyring)


async def purge_project(ctx: Context, *, store: Store, keyring: Keyring) -> Outcome:
    """An attempt that dies is followed by one that finds what is left."""
    if await ctx.step(partial(purge.has_open_jobs, claim=ctx.job)):
        return Snooze(WAIT_S)
    await _forget_answers(ctx)
    await _repeat(ctx, purge.delete_posts)
    if not await _delete_contents(ctx, store):
        return Snooze(AWAY_S)
    await _repeat(ctx, partial(purge.delete_account, keyring=keyring))
    await ctx.step(partial(purge.delete_rest, claim=ctx.job))
    await _repeat(ctx, purge.delete_jobs)
    return await ctx.commit(partial(purge.end, claim=ctx.job))


async def _forget_answers(ctx: Context) -> None:
    last: purge.Record | None = purge.FIRST
    while last is not None:
        last = await ctx.step(partial(purge.forget_answers, claim=ctx.job, after=last))


async def _delete_contents(ctx: Context, store: Store) -> bool:
    """False: the storage is away. As an interruption the job would begin again at once, and so again."""
    while contents := await ctx.step(partial(purge.list_contents, claim=ctx.job)):
        try:
            await purge.delete_files(store, contents)
        except Unavailable:
            return False
        await ctx.step(partial(purge.delete_contents, claim=ctx.job, contents=contents))
    return True


async def _repeat(ctx: Context, delete: Delete) -> None:
    while await ctx.step(partial(delete, claim=ctx.job)):
        pass
