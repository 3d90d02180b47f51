"""Poster of an uploaded video: one of its frames becomes its thumbnail."""

from functools import partial
from pathlib import Path

from domain.content import posters
from domain.media.files import Thumbnail
from domain.media.storage import open_store
from domain.media.store import Store
from generation import libraries
from generation.outputs import OutputFile
from jobs.outcomes import Canceled, Outcome
from schemas.errors import Conflict, NotFound, Unavailable
from workers.generation import storing
from workers.generation.cancellation import run_until_canceled
from workers.generation.folders import Folders, open_folders
from workers.generation.protocol import PosterRequest
from workers.generation.rendering import RenderFailed, render_one
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    """Open the task. Raises `LibrariesMissing` if the extra `generate` isn't installed."""
    libraries.require_libraries()
    folders = resources.stack.enter_context(open_folders())
    return partial(make_poster, store=open_store(resources.settings), folders=folders)


async def make_poster(ctx: Context, *, store: Store, folders: Folders) -> Outcome:
    """Draw and store the poster. Any number of attempts stores one file; an unreadable video gets none."""
    with folders.new() as folder:
        try:
            token = await ctx.step(partial(posters.begin, claim=ctx.job))
            output = await run_until_canceled(ctx, draw_poster(store, token, folder))
            file = await storing.store_output(ctx, store, output, folder)
            poster = Thumbnail(file.size_bytes, file.sha256, file.token)
            return await ctx.commit(partial(posters.finish, claim=ctx.job, poster=poster), project=True)
        except RenderFailed as error:
            return error.outcome
        except (Conflict, NotFound):
            # The project was archived or purged meanwhile.
            return Canceled()


async def draw_poster(store: Store, token: str, folder: Path) -> OutputFile:
    """Draw the poster of a stored video. Raises `RenderFailed`."""
    try:
        async with store.opened(token) as handle:
            return await render_one(PosterRequest(clip=handle, folder=str(folder)), [handle])
    except Unavailable:
        raise RenderFailed(storing.STORAGE_AWAY) from None
