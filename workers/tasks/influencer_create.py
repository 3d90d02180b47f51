"""Creation of an influencer: its portrait is drawn and stored, then it is ready."""

from functools import partial

from domain.influencers import drawing_job
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from generation import libraries
from jobs.outcomes import Canceled, TaskOutcome
from schemas.errors import ObjectNotFound, StateConflict
from workers.generation import storing
from workers.generation.cancellation import run_until_job_canceled
from workers.generation.folders import RenderWorkerTempFolder, create_render_worker_temp_folder
from workers.generation.protocol import PortraitRequest
from workers.generation.rendering import RenderFailed, render_portrait_or_video_poster
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Progress of a job when drawing begins, and when it has ended.
PROGRESS_AT_PORTRAIT_START = 0.1
PROGRESS_AT_PORTRAIT_END = 0.8


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    """Open the task `influencer_create` with its resources. Raise `NoGenerateExtra` without the extra `generate`."""
    libraries.require_drawing_libraries()
    folders = resources.stack.enter_context(create_render_worker_temp_folder())
    return partial(influencer_create, store=open_media_store(resources.settings), folders=folders)


async def influencer_create(ctx: TaskContext, *, store: MediaStore, folders: RenderWorkerTempFolder) -> TaskOutcome:
    """Draw the portrait of a new influencer and store it; return the job's outcome.

    All attempts of the job store the same file.
    """
    await ctx.report_progress(0.01, stage="planning")
    with folders.create_piece_folder() as folder:
        try:
            sitter = await ctx.step(partial(drawing_job.read_portrait_input_and_mark_training, claim=ctx.job))
            await ctx.report_progress(PROGRESS_AT_PORTRAIT_START, stage="generating_visuals")
            request = PortraitRequest(presenter=sitter.presenter, colors=sitter.colors, folder=str(folder))
            output = await run_until_job_canceled(ctx, render_portrait_or_video_poster(request, ()))
            await ctx.report_progress(PROGRESS_AT_PORTRAIT_END, stage="finalizing")
            portrait = await storing.store_only_rendered_file(ctx, store, output, folder)
            finish = partial(drawing_job.finish_influencer_drawing, claim=ctx.job, portrait=portrait)
            return await ctx.commit(finish, project=True)
        except RenderFailed as error:
            return error.outcome
        except (StateConflict, ObjectNotFound):
            # The project was archived meanwhile, or the influencer deleted.
            return Canceled()
