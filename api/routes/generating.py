"""Generated content: requests and progress."""

from datetime import datetime

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from api.guard import build_route_options
from api.http import etags, path_ids
from api.http.accepted_job import build_accepted_job_answer
from api.http.idempotency import WriteReply, run_idempotent_write
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.content import content, generating
from domain.content.generating import StartedContentGeneration, StartedContentRequest
from schemas import ids
from schemas.content import Asset, ContentAccepted, ContentProgress, ContentRequest, ContentVariant, Regenerate
from schemas.errors.absent import not_found_error

DEFAULT_CONTENT_REGENERATION_BODY = Regenerate()


@post(
    "/projects/{project_id:str}/content",
    opt=build_route_options("content:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def generate_content(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[ContentRequest]
) -> Response[ContentAccepted]:
    """Generate content from the project's brand: a slideshow, an image, a video, or a remix of a clip.

    The item exists at once, with its approval decided, and is complete when its job ends. With `variants`, so
    many items exist at once, each with a job, and each counts against the limits of open jobs. Each text comes
    from the brand or from you, and `provenance` gives its source. A brand with too few texts is refused, with
    the fields that would help in `details.missingFields`.
    """

    async def start(conn: Conn) -> WriteReply[ContentAccepted]:
        started = await generating.start_content_generation(
            conn, **request.parse_org_and_project_id(project_id), body=data, now=await _read_clock(request)
        )
        return _build_generation_accepted_reply(started)

    return await run_idempotent_write(request, start)


@post(
    "/content/{content_id:str}/regenerate",
    opt=build_route_options("content:write", RateClass.LONG_RUNNING, 404, 409, 412),
    status_code=202,
)
async def regenerate_content(
    request: ApiRequest, content_id: FromPath[str], data: JSONBody[Regenerate] = DEFAULT_CONTENT_REGENERATION_BODY
) -> Response[ContentAccepted]:
    """Generate a content item again, from the same request and the current brand: its next revision.

    Until the job ends, the item keeps its files, caption, approval and posts. Then approved content is
    pending again and its queued posts are blocked. The URLs of the earlier files work for one more day.
    """

    async def start(conn: Conn) -> WriteReply[ContentAccepted]:
        started = await generating.start_generating_next_content_revision(
            conn,
            **request.parse_org_and_object_id("content", content_id=content_id),
            body=data,
            versions=etags.read_if_match_versions(request),
            now=await _read_clock(request),
        )
        return _build_generation_accepted_reply(StartedContentRequest([started], []))

    return await run_idempotent_write(request, start)


@get("/content/{content_id:str}/progress", opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def get_content_progress(request: ApiRequest, content_id: FromPath[str]) -> ContentProgress:
    """Return the progress of the job that generates a content item or its next revision."""
    async with request.acquire_connection() as conn:
        return await generating.read_content_progress(
            conn, **request.parse_org_and_object_id("content", content_id=content_id)
        )


@get(
    "/content/{content_id:str}/assets/{asset_id:str}",
    opt=build_route_options("content:read", RateClass.READ_LIGHT, 404),
)
async def get_content_asset(request: ApiRequest, content_id: FromPath[str], asset_id: FromPath[str]) -> Asset:
    """Return one file of a content item."""
    async with request.acquire_connection() as conn:
        item = await content.read_content(
            conn,
            **request.parse_org_and_object_id("content", content_id=content_id),
            public_url=request.public_api_base_url,
        )
    shown_id = ids.format_prefixed_id(ids.ASSET_ID_PREFIX, path_ids.parse_id("asset", asset_id))
    for asset in item.assets:
        if asset.asset_id == shown_id:
            return asset
    raise not_found_error("asset")


async def _read_clock(request: ApiRequest) -> datetime:
    """Return the time by the caller's clock, which a sandbox may have moved."""
    return request.services.clock() + await request.read_sandbox_clock_offset()


def _build_generation_accepted_reply(started: StartedContentRequest) -> WriteReply[ContentAccepted]:
    variants = [_variant_to_schema(item) for item in started.items]
    submitted = [item.submitted for item in started.items]
    reply = build_accepted_job_answer(
        ContentAccepted, submitted[0], content_id=variants[0].content_id, variants=variants, warnings=started.warnings
    )
    return reply._replace(wakes=tuple(one.wake for one in submitted if one.wake is not None))


def _variant_to_schema(item: StartedContentGeneration) -> ContentVariant:
    columns = item.planned.columns
    return ContentVariant(
        content_id=ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, item.content_id),
        job_id=ids.format_prefixed_id(ids.JOB_ID_PREFIX, item.submitted.job_id),
        look=columns["look"],
        hook_shape=columns["hook_shape"],
        hook_intent=columns["hook_intent"],
        picture=ids.format_asset_id_or_none(columns["picture"]),
        choice=item.planned.choice,
    )
