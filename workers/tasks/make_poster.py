"""Poster of an uploaded video: one of its frames becomes its thumbnail."""

from functools import partial
from pathlib import Path

from domain.content import posters
from domain.media.files import Thumbnail
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from generation import libraries
from generation.outputs import RenderedFile
from jobs.outcomes import Canceled, TaskOutcome
from schemas.errors import ObjectNotFound, ServiceUnavailable, StateConflict
from workers.generation import storing
from workers.generation.cancellation import run_until_job_canceled
from workers.generation.folders import RenderWorkerTempFolder, create_render_worker_temp_folder
from workers.generation.protocol import VideoPosterRequest
from workers.generation.rendering import RenderFailed, render_portrait_or_video_poster
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    """Open the task `make_video_poster` with its resources. Raise `NoGenerateExtra` without the extra `generate`."""
    libraries.require_drawing_libraries()
    folders = resources.stack.enter_context(create_render_worker_temp_folder())
    return partial(make_video_poster, store=open_media_store(resources.settings), folders=folders)


async def make_video_poster(ctx: TaskContext, *, store: MediaStore, folders: RenderWorkerTempFolder) -> TaskOutcome:
    """Draw the poster of an uploaded video and store its file; return the outcome with the write that attaches it.

    All attempts of the job store the same file. A video that can't be drawn gets no poster.
    """
    with folders.create_piece_folder() as folder:
        try:
            token = await ctx.step(partial(posters.find_storage_token_of_posterless_video, claim=ctx.job))
            output = await run_until_job_canceled(ctx, draw_video_poster(store, token, folder))
            file = await storing.store_only_rendered_file(ctx, store, output, folder)
            poster = Thumbnail(file.size_bytes, file.sha256, file.token)
            return posters.build_video_poster_outcome(ctx.job, poster)
        except RenderFailed as error:
            return error.outcome
        except (StateConflict, ObjectNotFound):
            # The project was archived or purged meanwhile.
            return Canceled()


async def draw_video_poster(store: MediaStore, token: str, folder: Path) -> RenderedFile:
    """Draw the poster of a stored video from one of its frames; return the image file, which lies in `folder`.

    Raise `RenderFailed` if the video can't be drawn, or the media storage is away.
    """
    try:
        async with store.open_object_file(token) as handle:
            return await render_portrait_or_video_poster(VideoPosterRequest(clip=handle, folder=str(folder)), [handle])
    except ServiceUnavailable:
        raise RenderFailed(storing.STORAGE_AWAY_RETRY) from None
