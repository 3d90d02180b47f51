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
from generation.made import Made, cut
from generation.spec import Copy
from jobs.outcomes import Canceled, Failed, Outcome
from schemas.errors import Conflict, ContentRejected, Invalid, NotFound
from workers.generation import storing, wording
from workers.generation.folders import Folders, open_folders
from workers.generation.rendering import Unmade, render
from workers.generation.wanted import while_wanted
from workers.generation.wire import Instructions, Planned
from workers.llm.endpoint import Model
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task

#: Progress of a job when drawing begins, and when it has ended.
PLANNED, DRAWN = 0.1, 0.9


class Studio(NamedTuple):
    """Shared means of all pieces of a worker."""

    store: Store
    folders: Folders
    public_url: str
    model: Model | None


class Piece(NamedTuple):
    """A piece with its files in its folder."""

    copy: Copy
    made: list[Made]


async def open_task(resources: Resources) -> Task:
    """Open the task. Raises `LibrariesMissing` if the extra `generate` isn't installed."""
    libraries.require()
    settings, folders = resources.settings, resources.stack.enter_context(open_folders())
    store, model = open_store(settings), await resources.model()
    return partial(content_generate, studio=Studio(store, folders, settings.public_url, model))


async def content_generate(ctx: Context, *, studio: Studio) -> Outcome:
    brief = await ctx.step(partial(generated.begin, claim=ctx.job))
    await ctx.progress(0.01, stage="planning")
    with studio.folders.new() as folder:
        try:
            piece = await while_wanted(ctx, make(ctx, studio, brief, folder))
            await ctx.progress(DRAWN, stage="finalizing")
            files = await while_wanted(ctx, storing.store_all(ctx, studio.store, folder, piece.made))
            body = partial(
                generated.finish,
                claim=ctx.job,
                spec=brief.spec,
                copy=piece.copy,
                files=files,
                public_url=studio.public_url,
            )
            return await ctx.commit(body, alone=True)
        except Unmade as error:
            return error.outcome
        except Invalid as error:
            return Failed("POSTS_REFUSE_IT", f"waiting posts could not be published with it: {error.message}")
        except ContentRejected as error:
            return Failed(error.code, error.message)
        except (Conflict, NotFound):
            # The project was archived or purged meanwhile: its archive job cancels all other jobs.
            return Canceled()


async def make(ctx: Context, studio: Studio, brief: Brief, folder: Path) -> Piece:
    """Render the piece into the folder. Raises `Unmade`."""
    copy, made = None, []
    async with AsyncExitStack() as stack:
        handles = await storing.given(ctx, studio.store, brief.files, stack)
        offers = await wording.offers(await _model(ctx, studio), brief.spec)
        asked = Instructions(spec=brief.spec, handles=handles, folder=str(folder), offers=offers)
        async with aclosing(render(asked, handles.all)) as reports:
            async for report in reports:
                if isinstance(report, Planned):
                    copy = report.copy
                    await ctx.progress(PLANNED, stage="generating_visuals")
                else:
                    made += [report.made] if report.made else []
                    await ctx.progress(PLANNED + (DRAWN - PLANNED) * report.share)
    assert copy  # noqa: S101  else `Unmade`
    return Piece(structs.replace(copy, warnings=[*copy.warnings, *cut(made)]), made)


async def _model(ctx: Context, studio: Studio) -> Model | None:
    """Return the model for a piece's copy; none in a sandbox, so that the same brand gives the same piece."""
    if studio.model is None:
        return None
    in_sandbox = await ctx.step(partial(organizations.is_sandbox, organization_id=ctx.job.organization_id))
    return None if in_sandbox else studio.model
