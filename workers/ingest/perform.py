"""Ingest job of any source: reads the source, and stores the extraction or the reason of the failure."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from db.pool import Conn
from domain.brand import ingests
from domain.influencers import drawing_job
from domain.media.store import Store
from domain.media.suggestions import Suggested
from jobs.ledger import Claim
from jobs.outcomes import Canceled, Failed, Outcome, Retry, Snooze
from schemas.brand import CrawlState, Extraction
from schemas.errors import Conflict, SourceError, SourceRateLimited
from schemas.pictures import Picture
from workers.app_media import sandbox as files
from workers.app_media.picture_suggestions import SUGGEST_S, suggest
from workers.ingest.website.session import CrawlSession, Web
from workers.runtime.context import Context

#: Called with the stage that begins and the share of the work done, from 0 to 1.
Progress: TypeAlias = Callable[[str, float], Awaitable[None]]
#: Reads the job's source. The visit is that of the last ingest with the same arguments.
Read: TypeAlias = Callable[[CrawlState | None, Progress], Awaitable[Extraction]]
#: Reads a sandbox's source, without the network.
Pretend: TypeAlias = Callable[[Progress], Awaitable[Extraction]]


class Gallery(NamedTuple):
    """Web client and storage for the suggested images."""

    web: Web
    store: Store


async def fetch_image(web: Web, picture: Picture) -> bytes:
    """Fetch the whole image, through the SSRF guard, by robots.txt and the site rate limit."""
    return (await CrawlSession(web, within_s=SUGGEST_S).open(picture.url, "whole")).body


async def draw_image(picture: Picture) -> bytes:
    """Return the sandbox's image of the same kind."""
    return files.get_file("logo" if picture.kind == "logo" else "screenshot", picture.url)


async def perform(ctx: Context, *, server: str, read: Read, pretend: Pretend, gallery: Gallery) -> Outcome:
    """Run the job of an ingest; `server` is the first host that `read` requests."""

    async def progress(stage: str, ratio: float) -> None:
        await ctx.progress(ratio, stage=stage)

    try:
        started = await ctx.step(partial(ingests.begin, claim=ctx.job))
        if started.sandbox:
            extraction = await pretend(progress)
        else:
            async with ctx.at(server):
                extraction = await read(started.visit, progress)
        await progress("saving", 0.9)
        get = draw_image if started.sandbox else partial(fetch_image, gallery.web)
        suggested = await suggest(ctx, gallery.store, extraction.media, get)
        keep = partial(_store_extraction, claim=ctx.job, extraction=extraction, suggested=suggested)
        return await ctx.commit(keep, project=True)
    except SourceError as error:
        return outcome_of(error)
    except Conflict:
        # The project was archived meanwhile: its archive job cancels all other jobs.
        return Canceled()


async def _store_extraction(
    conn: Conn, *, claim: Claim, extraction: Extraction, suggested: Suggested
) -> dict[str, Any]:
    """Store the extraction, and create the project's first influencer from it."""
    result = await ingests.finish(conn, claim=claim, extraction=extraction, suggested=suggested)
    await drawing_job.create_first(conn, claim=claim)
    return result


def outcome_of(error: SourceError) -> Outcome:
    """Return the job's outcome after an error. A rate limit with a Retry-After costs no attempt."""
    if isinstance(error, SourceRateLimited) and error.retry_after is not None:
        return Snooze(error.retry_after)
    if error.retryable:
        return Retry(error.code, error.message, after_s=error.retry_after)
    return Failed(error.code, error.message)
