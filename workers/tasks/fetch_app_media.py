"""Fetch of an app's media file from the partner's address."""

from collections.abc import AsyncIterator
from functools import partial

from domain.media import app_media_fetches, streaming_upload
from domain.media.app_media_limits import MAX_APP_MEDIA_FILE_BYTES_BY_KIND
from domain.media.files import StoredFile
from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from domain.media.streaming_upload import StreamingUpload
from jobs.outcomes import Canceled, Failed, TaskOutcome
from schemas.errors import BodyOversized, InvalidValue, ObjectNotFound, SourceError, StateConflict
from workers.app_media import sandbox
from workers.app_media.media_writer import FetchedMediaWriter
from workers.ingest.page.address import site_of_url
from workers.ingest.perform import build_job_outcome_of_source_error
from workers.resources import WorkerResources
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask
from workers.web.download import WebFileDownloader, open_file_downloader

#: Seconds to fetch a film, and a picture.
MAX_APP_MEDIA_VIDEO_FETCH_S = 240.0
MAX_APP_MEDIA_PICTURE_FETCH_S = 30.0


async def build_job_task_with_resources(resources: WorkerResources) -> JobTask:
    downloads = await resources.open_resource(open_file_downloader)
    return partial(fetch_app_media, downloads=downloads, store=open_media_store(resources.settings))


async def fetch_app_media(ctx: TaskContext, *, downloads: WebFileDownloader, store: MediaStore) -> TaskOutcome:
    """Fetch an app's media file from the partner's URL and store it; return the job's outcome.

    Files of a dead attempt are deleted by the next attempt, or at the job's end.
    """
    begun = await ctx.step(partial(app_media_fetches.begin_app_media_fetch_attempt, claim=ctx.job))
    if not begun.awaited:
        return Canceled()
    try:
        storing = FetchedMediaWriter(store, partial(_reserve_fetched_media_file, ctx))
        file = await _fetch_and_store_media(ctx, storing, None if begun.sandbox else downloads)
        await ctx.report_progress(0.9, stage="saving")
        finish = partial(app_media_fetches.finish_app_media_fetch, claim=ctx.job, file=file, begun=storing.tokens)
        return await ctx.commit(finish, project=True)
    except SourceError as error:
        return build_job_outcome_of_source_error(error)
    except (InvalidValue, BodyOversized) as error:
        return Failed("STORAGE_FULL" if "limit" in error.details else "MEDIA_REFUSED", error.message)
    except ObjectNotFound:  # The media was deleted meanwhile.
        return Canceled()
    except StateConflict as error:
        return _outcome_of_app_media_state_conflict(error)


async def _reserve_fetched_media_file(ctx: TaskContext, at_most: int) -> str:
    return await ctx.step(partial(app_media_fetches.reserve_app_media_fetch_storage, claim=ctx.job, at_most=at_most))


async def _fetch_and_store_media(
    ctx: TaskContext, storing: FetchedMediaWriter, downloads: WebFileDownloader | None
) -> StoredFile:
    """Fetch, store and return a job's file or sandbox sample. Raise `SourceError`, `InvalidValue`, `BodyOversized`."""
    kind, url = ctx.job.args["kind"], ctx.job.args["url"]
    taken, stored_files = MAX_APP_MEDIA_FILE_BYTES_BY_KIND[kind], list[tuple[StreamingUpload, str]]()

    async def keep(chunks: AsyncIterator[bytes]) -> None:
        stored_files.append(await storing.store_fetched_file_as_it_arrives(chunks, taken))

    await ctx.report_progress(0.1, stage="fetching")
    if downloads is None:
        await keep(streaming_upload.stream_bytes_as_one_chunk(sandbox.get_sandbox_app_media_of_url(kind, url)))
    else:
        limit, within_s = (
            max(taken.values()),
            MAX_APP_MEDIA_VIDEO_FETCH_S if kind == "demo_video" else MAX_APP_MEDIA_PICTURE_FETCH_S,
        )
        async with ctx.hold_server_slot(site_of_url(url)):
            await downloads.download_file(url, keep, limit=limit, deadline_s=within_s)
    await ctx.report_progress(0.7, stage="analyzing")
    [(file, token)] = stored_files
    return await storing.inspect_stored_file(file, token)


def _outcome_of_app_media_state_conflict(error: StateConflict) -> TaskOutcome:
    """Return the outcome of a media job for a state conflict: canceled in an archived project, else failed."""
    reason = str(error.details["reason"])
    return Canceled() if reason == "PROJECT_ARCHIVED" else Failed(reason, error.message)
