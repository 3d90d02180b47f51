"""Timelines: what happened to a job or a post, for whoever has to prove it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from litestar import get
from litestar.params import FromPath

from api import paths
from api.guard import requires
from api.paging import DEFAULT, Cursor, Limit, page_of_places
from api.ratelimit import Class
from api.requests import ApiRequest
from db.pool import Conn
from domain.jobs import timelines
from schemas.base import Page
from schemas.timelines import TimelineEntry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@get("/jobs/{job_id:str}/timeline", opt=requires("jobs:read", Class.READ_LIGHT, 404))
async def get_job_timeline(
    request: ApiRequest, job_id: FromPath[str], *, cursor: Cursor = None, limit: Limit = DEFAULT
) -> Page[TimelineEntry]:
    """What happened to a job, the oldest first: its attempts with their workers, its named steps, its end.

    A post's job tells of its attempts; what was sent is in the post's own timeline. Kept as long as the job.
    """

    async def read(conn: Conn) -> list[TimelineEntry]:
        return await timelines.of_job(
            conn, organization_id=request.organization_id, job_id=paths.read("job", job_id)
        )

    return await _page(request, read, cursor, limit)


@get("/scheduled-posts/{scheduled_post_id:str}/timeline", opt=requires("publish:read", Class.READ_LIGHT, 404))
async def get_scheduled_post_timeline(
    request: ApiRequest, scheduled_post_id: FromPath[str], *, cursor: Cursor = None, limit: Limit = DEFAULT
) -> Page[TimelineEntry]:
    """What happened to a post, the oldest first: approvals, times, attempts, and each call with its answer.

    A `call` is written down before it is made. Between two calls there is `not_sent`, the proof that the
    first one made no post; or there is `answer_lost` alone, and the second one repeats the same bytes under
    the same key, which that platform takes once.
    Attempts and look-ups are kept for 30 days after their job's end, the rest as long as the post.
    """
    post_id = paths.read("post", scheduled_post_id)

    async def read(conn: Conn) -> list[TimelineEntry]:
        return await timelines.of_post(conn, organization_id=request.organization_id, post_id=post_id)

    return await _page(request, read, cursor, limit)


async def _page(
    request: ApiRequest,
    read: Callable[[Conn], Awaitable[list[TimelineEntry]]],
    cursor: str | None,
    limit: int,
) -> Page[TimelineEntry]:
    """One page of what is read once, and again where a sandbox's clock has gone on between two slices.

    A place is a time, and which of those with that time it is.
    """
    placed: dict[timedelta, list[tuple[bytes, TimelineEntry]]] = {}

    async def find(conn: Conn, before: bytes | None, count: int) -> list[tuple[bytes, TimelineEntry]]:
        if request.ahead not in placed:
            placed[request.ahead] = _placed(await read(conn), request.ahead)
        return [one for one in placed[request.ahead] if before is None or one[0] > before][:count]

    return await page_of_places(request, find, cursor, limit, read=bytes, connect=request.connection)


def _placed(entries: list[TimelineEntry], ahead: timedelta) -> list[tuple[bytes, TimelineEntry]]:
    """Each entry with its place: its shown time, which no clock of a sandbox changes, and which of those."""
    placed: list[tuple[bytes, TimelineEntry]] = []
    nth, at = 0, EPOCH
    for entry in entries:
        nth, at = (nth + 1 if entry.at == at else 0), entry.at
        micros = (at + ahead - EPOCH) // timedelta(microseconds=1)
        placed.append((micros.to_bytes(8, "big") + nth.to_bytes(2, "big"), entry))
    return placed


ROUTES = [get_job_timeline, get_scheduled_post_timeline]
