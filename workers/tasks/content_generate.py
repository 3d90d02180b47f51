"""Make an item of content, or its next revision: copy, then files, then one commit of both."""

from contextlib import AsyncExitStack, aclosing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from domain.content import generated
from domain.content.briefs import GenerationBrief
from domain.content.generated import MadePiece
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from domain.tenancy import organizations
from generation import libraries
from generation.outputs import RenderedFile, list_output_warnings
from jobs.outcomes import Canceled, Failed, TaskOutcome
from schemas.errors import ContentRejected, InvalidValue, ObjectNotFound, StateConflict
from workers.generation import llm_copy, storing
from workers.generation.cancellation import run_until_job_canceled
from workers.generation.folders import RenderWorkerTempFolder, create_render_worker_temp_folder
from workers.generation.protocol import CopyReadyReport, PieceRequestToGenerationProcess
from workers.generation.rendering import RenderFailed, render_in_child_process
from workers.llm.endpoint import LanguageModelApi
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask

#: Progress of a job when drawing begins, and when it has ended.
PROGRESS_AT_DRAWING_START = 0.1
PROGRESS_AT_DRAWING_END = 0.9


class ContentGenerationResources(NamedTuple):
    """Shared means of all pieces of a worker."""

    store: MediaStore
    folders: RenderWorkerTempFolder
    public_url: str
    model: LanguageModelApi | None


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    """Open the task `content_generate` with its resources. Raise `NoGenerateExtra` without the extra `generate`."""
    libraries.require_drawing_libraries()
    settings, folders = resources.settings, resources.stack.enter_context(create_render_worker_temp_folder())
    store, model = open_media_store(settings), await resources.get_language_model()
    return partial(content_generate, studio=ContentGenerationResources(store, folders, settings.public_url, model))


async def content_generate(ctx: TaskContext, *, studio: ContentGenerationResources) -> TaskOutcome:
    brief = await ctx.step(partial(generated.read_brief_and_mark_content_processing, claim=ctx.job))
    await ctx.report_progress(0.01, stage="planning")
    with studio.folders.create_piece_folder() as folder:
        try:
            made, outputs = await run_until_job_canceled(ctx, render_piece_for_job(ctx, studio, brief, folder))
            await ctx.report_progress(PROGRESS_AT_DRAWING_END, stage="finalizing")
            files = await run_until_job_canceled(ctx, storing.store_piece_files(ctx, studio.store, folder, outputs))
            body = partial(
                generated.finish_content_generation,
                claim=ctx.job,
                brief=brief,
                made=made,
                files=files,
                public_url=studio.public_url,
            )
            return await ctx.commit(body, alone=True)
        except RenderFailed as error:
            return error.outcome
        except InvalidValue as error:
            return Failed("POSTS_REFUSE_IT", f"waiting posts could not be published with it: {error.message}")
        except ContentRejected as error:
            return Failed(error.code, error.message)
        except (StateConflict, ObjectNotFound) as error:
            if error.details.get("reason") == "CLAIM_EXPIRED":
                return Failed("CLAIM_EXPIRED", error.message)
            # The project was archived or purged meanwhile: its archive job cancels all other jobs.
            return Canceled()


async def render_piece_for_job(
    ctx: TaskContext, studio: ContentGenerationResources, brief: GenerationBrief, folder: Path
) -> tuple[MadePiece, list[RenderedFile]]:
    """Render a piece of content in a child process; return it and its files, which lie in `folder`.

    Report the job's progress meanwhile. Raise `RenderFailed` with the attempt's outcome.
    """
    copy, outputs = None, []
    async with AsyncExitStack() as stack:
        handles = await storing.open_piece_input_files(ctx, studio.store, brief.files, stack)
        offers = await llm_copy.request_copy_lines_from_model(await _choose_copy_model(ctx, studio), brief.spec)
        request = PieceRequestToGenerationProcess(spec=brief.spec, handles=handles, folder=str(folder), offers=offers)
        async with aclosing(render_in_child_process(request, handles.all_descriptors)) as reports:
            async for report in reports:
                if isinstance(report, CopyReadyReport):
                    copy = report.copy
                    await ctx.report_progress(PROGRESS_AT_DRAWING_START, stage="generating_visuals")
                else:
                    outputs += [report.made] if report.made else []
                    await ctx.report_progress(
                        PROGRESS_AT_DRAWING_START + (PROGRESS_AT_DRAWING_END - PROGRESS_AT_DRAWING_START) * report.share
                    )
    assert copy  # noqa: S101  else `RenderFailed`
    warned = structs.replace(copy, warnings=[*copy.warnings, *list_output_warnings(brief.spec, outputs)])
    return generated.describe_made_piece(warned, outputs), outputs


async def _choose_copy_model(ctx: TaskContext, studio: ContentGenerationResources) -> LanguageModelApi | None:
    """Return the language model for a piece's copy; None if none is configured, or in a sandbox.

    In a sandbox the same brand gives the same piece.
    """
    if studio.model is None:
        return None
    in_sandbox = await ctx.step(partial(organizations.is_sandbox_organization, organization_id=ctx.job.organization_id))
    return None if in_sandbox else studio.model
