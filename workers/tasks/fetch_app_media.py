"""Fetch of an app's media file from the partner's address."""

from collections.abc import AsyncIterator
from functools import partial

from domain.media import app_media_fetches, streaming_upload
from domain.media.app_media_limits import ACCEPTED
from domain.media.files import StoredFile
from domain.media.storage import open_store
from domain.media.store import Store
from domain.media.streaming_upload import StreamingUpload
from jobs.outcomes import Canceled, Failed, Outcome
from schemas.errors import Conflict, Invalid, NotFound, Oversized, SourceError
from workers.app_media import sandbox
from workers.app_media.media_writer import MediaWriter
from workers.ingest.page.address import site_of_url
from workers.ingest.perform import outcome_of
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task
from workers.web.download import Downloads, open_downloads

#: Seconds to fetch a film, and a picture.
FILM_S = 240.0
PICTURE_S = 30.0


async def open_task(resources: Resources) -> Task:
    downloads = await resources.open_once(open_downloads)
    return partial(fetch_app_media, downloads=downloads, store=open_store(resources.settings))


async def fetch_app_media(ctx: Context, *, downloads: Downloads, store: Store) -> Outcome:
    """Fetch the file and store it. The next attempt, or the job's end, deletes a dead attempt's files."""
    begun = await ctx.step(partial(app_media_fetches.begin, claim=ctx.job))
    if not begun.awaited:
        return Canceled()
    try:
        storing = MediaWriter(store, partial(_begin, ctx))
        file = await _fetch_and_store(ctx, storing, None if begun.sandbox else downloads)
        await ctx.progress(0.9, stage="saving")
        finish = partial(app_media_fetches.finish, claim=ctx.job, file=file, begun=storing.tokens)
        return await ctx.commit(finish, project=True)
    except SourceError as error:
        return outcome_of(error)
    except (Invalid, Oversized) as error:
        return Failed("STORAGE_FULL" if "limit" in error.details else "MEDIA_REFUSED", error.message)
    except NotFound:  # The media was deleted meanwhile.
        return Canceled()
    except Conflict as error:
        return _ended_by(error)


async def _begin(ctx: Context, at_most: int) -> str:
    return await ctx.step(partial(app_media_fetches.begin_file, claim=ctx.job, at_most=at_most))


async def _fetch_and_store(ctx: Context, storing: MediaWriter, downloads: Downloads | None) -> StoredFile:
    """Fetch the job's URL and store the file. A sandbox, without `downloads`, stores its sample file."""
    kind, url = ctx.job.args["kind"], ctx.job.args["url"]
    taken, stored_files = ACCEPTED[kind], list[tuple[StreamingUpload, str]]()

    async def keep(chunks: AsyncIterator[bytes]) -> None:
        stored_files.append(await storing.put(chunks, taken))

    await ctx.progress(0.1, stage="fetching")
    if downloads is None:
        await keep(streaming_upload.stream_bytes(sandbox.get_file(kind, url)))
    else:
        limit, within_s = max(taken.values()), FILM_S if kind == "demo_video" else PICTURE_S
        async with ctx.at(site_of_url(url)):
            await downloads.get(url, keep, limit=limit, deadline_s=within_s)
    await ctx.progress(0.7, stage="analyzing")
    [(file, token)] = stored_files
    return await storing.look(file, token)


def _ended_by(error: Conflict) -> Outcome:
    """Return the outcome for a conflict. An archived project cancels all of its jobs."""
    reason = str(error.details["reason"])
    return Canceled() if reason == "PROJECT_ARCHIVED" else Failed(reason, error.message)
