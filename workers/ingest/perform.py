"""Ingest job of any source: reads the source, and stores the extraction or the reason of the failure."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from db.pool import Conn
from domain.brand import corrections, ingests
from domain.influencers import drawing_job
from domain.media.store import MediaStore
from domain.media.suggestions import IngestPicturesAndUploadTokens
from jobs.ledger import JobClaim
from jobs.outcomes import Canceled, Failed, Retry, Snooze, TaskOutcome
from schemas.app_media import AppMediaKind
from schemas.brand import BrandExtraction, LastCrawlRecord
from schemas.errors import SourceError, SourceRateLimited, StateConflict
from schemas.pictures import DrawnPicture, PictureFoundByIngest
from workers.app_media import sandbox as files
from workers.app_media.picture_suggestions import MAX_INGEST_PICTURES_FETCH_S, fetch_and_store_ingest_pictures
from workers.ingest.llm.suggest import BrandModel
from workers.ingest.website.session import CrawlSession, WebCrawlResources
from workers.llm.endpoint import LanguageModelApi
from workers.runtime.context import TaskContext

#: Called with the stage that begins and the share of the work done, from 0 to 1.
ReportProgress: TypeAlias = Callable[[str, float], Awaitable[None]]
#: Reads the job's source. The visit is that of the last ingest with the same arguments.
ReadSource: TypeAlias = Callable[[LastCrawlRecord | None, ReportProgress], Awaitable[BrandExtraction]]
#: Reads a sandbox's source, without the network.
ReadSandboxSource: TypeAlias = Callable[[ReportProgress], Awaitable[BrandExtraction]]


class SuggestedImageResources(NamedTuple):
    """Web client and storage for the suggested images."""

    web: WebCrawlResources
    store: MediaStore


async def get_suggested_image(
    web: WebCrawlResources, drawn: Sequence[DrawnPicture], picture: PictureFoundByIngest
) -> bytes:
    """Return an image's whole file: the bytes of a drawn one, all others from their servers. Raises a `SourceError`.

    Requests go through the SSRF guard, by robots.txt and the site rate limit.
    """
    if data := next((one.data for one in drawn if one.picture is picture), None):
        return data
    return (await CrawlSession(web, within_s=MAX_INGEST_PICTURES_FETCH_S).request_url(picture.url, "whole")).body


async def get_sandbox_file_of_suggested_image(picture: PictureFoundByIngest) -> bytes:
    """Return the bytes of the sandbox's built-in logo, screenshot or photo, by the picture's kind."""
    kind: AppMediaKind = "photo" if picture.kind == "image" else picture.kind
    return files.get_sandbox_app_media_of_url(kind, picture.url)


def build_job_brand_model(ctx: TaskContext, api: LanguageModelApi | None) -> BrandModel | None:
    """Return the model for a job, with the corrections of the job's own organization as examples."""
    scope: dict[str, Any] = {"organization_id": ctx.job.organization_id, "project_id": ctx.job.project_id}
    read_examples = partial(ctx.step, partial(corrections.list_corrected_brands, **scope))
    return None if api is None else BrandModel(api, read_examples)


async def run_ingest_job(
    ctx: TaskContext, *, server: str, read: ReadSource, pretend: ReadSandboxSource, gallery: SuggestedImageResources
) -> TaskOutcome:
    """Run an ingest job: read its source by `read`, store the extraction and its images, and return the outcome.

    A sandbox's source is read by `pretend`. `server` is the first host that `read` requests. A `SourceError`
    becomes an outcome, an archived project `Canceled`.
    """

    async def progress(stage: str, ratio: float) -> None:
        await ctx.report_progress(ratio, stage=stage)

    try:
        started = await ctx.step(partial(ingests.read_ingest_job_input, claim=ctx.job))
        if started.sandbox:
            extraction = await pretend(progress)
        else:
            async with ctx.hold_server_slot(server):
                extraction = await read(started.visit, progress)
        await progress("saving", 0.9)
        get = (
            get_sandbox_file_of_suggested_image
            if started.sandbox
            else partial(get_suggested_image, gallery.web, extraction.drawn)
        )
        pictures = [*extraction.media, *(one.picture for one in extraction.drawn)]
        suggested = await fetch_and_store_ingest_pictures(ctx, gallery.store, pictures, get)
        keep = partial(_store_brand_and_first_influencer, claim=ctx.job, extraction=extraction, suggested=suggested)
        return await ctx.commit(keep, project=True)
    except SourceError as error:
        return build_job_outcome_of_source_error(error)
    except StateConflict:
        # The project was archived meanwhile: its archive job cancels all other jobs.
        return Canceled()


async def _store_brand_and_first_influencer(
    conn: Conn, *, claim: JobClaim, extraction: BrandExtraction, suggested: IngestPicturesAndUploadTokens
) -> dict[str, Any]:
    """Store the extraction; create the project's influencer if it never had one. Return the job's result."""
    result = await ingests.finish_ingest(conn, claim=claim, extraction=extraction, suggested=suggested)
    await drawing_job.ensure_first_influencer(conn, claim=claim)
    return result


def build_job_outcome_of_source_error(error: SourceError) -> TaskOutcome:
    """Return a `SourceError`'s outcome: failure, retry, or if a rate limit has an end, an uncounted snooze."""
    if isinstance(error, SourceRateLimited) and error.retry_after is not None:
        return Snooze(error.retry_after)
    if error.retryable:
        return Retry(error.code, error.message, after_s=error.retry_after)
    return Failed(error.code, error.message)
