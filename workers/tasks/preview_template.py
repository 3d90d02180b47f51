"""Preview of a template: its deck with the project's brand is drawn and stored for a day."""

from contextlib import AsyncExitStack, aclosing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from domain.content import template_previews
from domain.content.briefs import GenerationBrief
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from generation import libraries
from generation.outputs import RenderedFile, list_output_warnings
from jobs.outcomes import Canceled, Failed, TaskOutcome
from schemas.errors import BrandTooSparse, ObjectNotFound, StateConflict
from workers.generation import storing
from workers.generation.cancellation import run_until_job_canceled
from workers.generation.folders import RenderWorkerTempFolder, create_render_worker_temp_folder
from workers.generation.protocol import CopyReadyReport, PieceRequestToGenerationProcess
from workers.generation.rendering import RenderFailed, render_in_child_process
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Progress of a job when drawing begins, and when it has ended.
PROGRESS_AT_PREVIEW_START = 0.1
PROGRESS_AT_PREVIEW_END = 0.9


class TemplatePreviewResources(NamedTuple):
    """Shared means of all previews of a worker."""

    store: MediaStore
    folders: RenderWorkerTempFolder
    public_url: str


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    """Open the task `preview_template` with its resources. Raise `NoGenerateExtra` without the extra `generate`."""
    libraries.require_drawing_libraries()
    settings, folders = resources.settings, resources.stack.enter_context(create_render_worker_temp_folder())
    studio = TemplatePreviewResources(open_media_store(settings), folders, settings.public_url)
    return partial(preview_template, studio=studio)


async def preview_template(ctx: TaskContext, *, studio: TemplatePreviewResources) -> TaskOutcome:
    """Draw a deck in the template, and store its files; return the job's outcome."""
    await ctx.report_progress(0.01, stage="planning")
    with studio.folders.create_piece_folder() as folder:
        try:
            brief = await ctx.step(partial(template_previews.read_preview_brief, claim=ctx.job))
            await ctx.report_progress(PROGRESS_AT_PREVIEW_START, stage="generating_visuals")
            outputs, warnings = await run_until_job_canceled(ctx, render_preview(ctx, studio, brief, folder))
            await ctx.report_progress(PROGRESS_AT_PREVIEW_END, stage="finalizing")
            files = await run_until_job_canceled(ctx, storing.store_piece_files(ctx, studio.store, folder, outputs))
            finish = partial(
                template_previews.finish_template_preview,
                claim=ctx.job,
                files=files,
                warnings=warnings,
                public_url=studio.public_url,
            )
            return await ctx.commit(finish, project=True)
        except RenderFailed as error:
            return error.outcome
        except BrandTooSparse as error:
            return Failed(error.code, error.message)
        except (StateConflict, ObjectNotFound):
            # The project was archived meanwhile, or the template deleted.
            return Canceled()


async def render_preview(
    ctx: TaskContext, studio: TemplatePreviewResources, brief: GenerationBrief, folder: Path
) -> tuple[list[RenderedFile], list[str]]:
    """Render the deck of a preview in a child process; return its files, which lie in `folder`, and its warnings.

    Raise `RenderFailed` with the attempt's outcome.
    """
    outputs: list[RenderedFile] = []
    warnings: list[str] = []
    async with AsyncExitStack() as stack:
        handles = await storing.open_piece_input_files(ctx, studio.store, brief.files, stack)
        request = PieceRequestToGenerationProcess(spec=brief.spec, handles=handles, folder=str(folder))
        async with aclosing(render_in_child_process(request, handles.all_descriptors)) as reports:
            async for report in reports:
                if isinstance(report, CopyReadyReport):
                    warnings += report.copy.warnings
                elif report.made:
                    outputs.append(report.made)
    return outputs, [*warnings, *list_output_warnings(brief.spec, outputs)]
