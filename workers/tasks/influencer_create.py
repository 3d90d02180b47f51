"""Creation of an influencer: its portrait is drawn and stored, then it is ready."""

from functools import partial

from domain.influencers import drawing_job
from domain.media.storage import open_store
from domain.media.store import Store
from generation import libraries
from jobs.outcomes import Canceled, Outcome
from schemas.errors import Conflict, NotFound
from workers.generation import storing
from workers.generation.cancellation import run_until_canceled
from workers.generation.folders import Folders, open_folders
from workers.generation.protocol import PortraitRequest
from workers.generation.rendering import RenderFailed, render_one
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Progress of a job when drawing begins, and when it has ended.
PROGRESS_PLANNED = 0.1
PROGRESS_DRAWN = 0.8


async def open_task(resources: Resources) -> Task:
    """Open the task. Raises `LibrariesMissing` if the extra `generate` isn't installed."""
    libraries.require_libraries()
    folders = resources.stack.enter_context(open_folders())
    return partial(influencer_create, store=open_store(resources.settings), folders=folders)


async def influencer_create(ctx: Context, *, store: Store, folders: Folders) -> Outcome:
    """Draw and store the portrait. Any number of attempts stores one file."""
    await ctx.progress(0.01, stage="planning")
    with folders.new() as folder:
        try:
            sitter = await ctx.step(partial(drawing_job.begin, claim=ctx.job))
            await ctx.progress(PROGRESS_PLANNED, stage="generating_visuals")
            request = PortraitRequest(presenter=sitter.presenter, colors=sitter.colors, folder=str(folder))
            output = await run_until_canceled(ctx, render_one(request, ()))
            await ctx.progress(PROGRESS_DRAWN, stage="finalizing")
            portrait = await storing.store_output(ctx, store, output, folder)
            finish = partial(drawing_job.finish, claim=ctx.job, portrait=portrait)
            return await ctx.commit(finish, project=True)
        except RenderFailed as error:
            return error.outcome
        except (Conflict, NotFound):
            # The project was archived meanwhile, or the influencer deleted.
            return Canceled()
