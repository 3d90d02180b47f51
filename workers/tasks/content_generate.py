"""Make an item of content, or its next revision: copy, then files, then one commit of both."""

from contextlib import AsyncExitStack, aclosing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from domain.content import generated
from domain.content.briefs import Brief
from domain.media.storage import open_store
from domain.media.store import Store
from domain.tenancy import organizations
from generation import libraries
from generation.outputs import OutputFile, truncation_warnings
from generation.spec import Copy
from jobs.outcomes import Canceled, Failed, Outcome
from schemas.errors import Conflict, ContentRejected, Invalid, NotFound
from workers.generation import llm_copy, storing
from workers.generation.cancellation import run_until_canceled
from workers.generation.folders import Folders, open_folders
from workers.generation.protocol import CopyReady, PieceRequest
from workers.generation.rendering import RenderFailed, render
from workers.llm.endpoint import Model
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Progress of a job when drawing begins, and when it has ended.
PROGRESS_PLANNED = 0.1
PROGRESS_DRAWN = 0.9


class PieceStudio(NamedTuple):
    """Shared means of all pieces of a worker."""

    store: Store
    folders: Folders
    public_url: str
    model: Model | None


class RenderedPiece(NamedTuple):
    """A piece with its files in its folder."""

    copy: Copy
    made: list[OutputFile]


async def open_task(resources: Resources) -> Task:
    """Open the task. Raises `LibrariesMissing` if the extra `generate` isn't installed."""
    libraries.require_libraries()
    settings, folders = resources.settings, resources.stack.enter_context(open_folders())
    store, model = open_store(settings), await resources.model()
    return partial(content_generate, studio=PieceStudio(store, folders, settings.public_url, model))


async def content_generate(ctx: Context, *, studio: PieceStudio) -> Outcome:
    brief = await ctx.step(partial(generated.begin, claim=ctx.job))
    await ctx.progress(0.01, stage="planning")
    with studio.folders.new() as folder:
        try:
            piece = await run_until_canceled(ctx, render_piece(ctx, studio, brief, folder))
            await ctx.progress(PROGRESS_DRAWN, stage="finalizing")
            files = await run_until_canceled(ctx, storing.store_all(ctx, studio.store, folder, piece.made))
            body = partial(
                generated.finish,
                claim=ctx.job,
                spec=brief.spec,
                copy=piece.copy,
                files=files,
                public_url=studio.public_url,
            )
            return await ctx.commit(body, alone=True)
        except RenderFailed as error:
            return error.outcome
        except Invalid as error:
            return Failed("POSTS_REFUSE_IT", f"waiting posts could not be published with it: {error.message}")
        except ContentRejected as error:
            return Failed(error.code, error.message)
        except (Conflict, NotFound):
            # The project was archived or purged meanwhile: its archive job cancels all other jobs.
            return Canceled()


async def render_piece(ctx: Context, studio: PieceStudio, brief: Brief, folder: Path) -> RenderedPiece:
    """Render the piece into the folder. Raises `RenderFailed`."""
    copy, outputs = None, []
    async with AsyncExitStack() as stack:
        handles = await storing.open_inputs(ctx, studio.store, brief.files, stack)
        offers = await llm_copy.request_offers(await _model(ctx, studio), brief.spec)
        request = PieceRequest(spec=brief.spec, handles=handles, folder=str(folder), offers=offers)
        async with aclosing(render(request, handles.all)) as reports:
            async for report in reports:
                if isinstance(report, CopyReady):
                    copy = report.copy
                    await ctx.progress(PROGRESS_PLANNED, stage="generating_visuals")
                else:
                    outputs += [report.made] if report.made else []
                    await ctx.progress(PROGRESS_PLANNED + (PROGRESS_DRAWN - PROGRESS_PLANNED) * report.share)
    assert copy  # noqa: S101  else `RenderFailed`
    return RenderedPiece(
        structs.replace(copy, warnings=[*copy.warnings, *truncation_warnings(outputs)]), outputs
    )


async def _model(ctx: Context, studio: PieceStudio) -> Model | None:
    """Return the model for a piece's copy; none in a sandbox, so that the same brand gives the same piece."""
    if studio.model is None:
        return None
    in_sandbox = await ctx.step(partial(organizations.is_sandbox, organization_id=ctx.job.organization_id))
    return None if in_sandbox else studio.model
