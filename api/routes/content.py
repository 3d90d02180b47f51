"""Content and its approval."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

from litestar import Response, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import etags, filters, idempotency, uploads
from api.http.filters import CreatedSinceFilter, CreatedUntilFilter
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.http.uploads import ReceivedUpload, UploadRules
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.content import approvals, content, hooks, listing, posters
from domain.media.streaming_upload import MAX_CONTENT_FILE_BYTES_BY_TYPE, MIB, StreamingUpload
from schemas.base import Page
from schemas.content import (
    MAX_CONTENT_CAPTION_CHARACTERS,
    MAX_UPLOADED_HOOK_CHARACTERS,
    ApprovalPolicy,
    ApprovalPolicyPatch,
    ApprovalStatus,
    Approve,
    Content,
    ContentFormat,
    ContentPatch,
    ContentStatus,
    CreativeType,
    Reject,
    Upload,
)
from schemas.content_hooks import Hooks
from schemas.errors import InvalidValue

ContentStatusFilter = Annotated[
    list[ContentStatus] | None, QueryParameter(description="Only with one of these statuses.")
]
ApprovalStatusFilter = Annotated[
    list[ApprovalStatus] | None,
    QueryParameter(name="approvalStatus", description="Only content with one of these approval statuses."),
]
ContentFormatFilter = Annotated[
    list[ContentFormat] | None, QueryParameter(description="Only content in these formats.")
]
CreativeTypeFilter = Annotated[
    list[CreativeType] | None, QueryParameter(name="creativeType", description="Only content of these origins.")
]

DEFAULT_CONTENT_APPROVAL_BODY = Approve()


def _check_content_upload(files: Sequence[StreamingUpload], texts: Mapping[str, str] | None) -> None:
    """Raise `InvalidValue` for uploaded files that form no content; without files, a caption is required.

    Raises it for an `aiGenerated` other than `true` or `false`, too.
    """
    if texts is not None and texts.get("aiGenerated", "false") not in {"true", "false"}:
        raise InvalidValue("aiGenerated", "must be true or false")
    kinds = [file.type.kind for file in files]
    content.derive_content_format_of_files(kinds, "" if texts is None else texts.get("caption", ""))


CONTENT_UPLOAD_RULES = UploadRules(
    body_max=330 * MIB,
    texts={
        "caption": MAX_CONTENT_CAPTION_CHARACTERS,
        "hook": MAX_UPLOADED_HOOK_CHARACTERS,
        "aiGenerated": len("false"),
    },
    allowed=lambda _: MAX_CONTENT_FILE_BYTES_BY_TYPE,
    check=_check_content_upload,
    thumbnails=True,
)


@post(
    "/projects/{project_id:str}/content/upload",
    opt=build_route_options("content:write", RateClass.WRITE_LIGHT, 404, 409, parts=Upload),
    status_code=201,
    request_max_body_size=CONTENT_UPLOAD_RULES.body_max,
)
async def upload_content(request: ApiRequest, project_id: FromPath[str]) -> Response[Content]:
    """Upload finished media: images (jpeg, png, webp; 30 MiB each) or one video (mp4, mov; 100 MiB).

    The file's bytes determine its type; a file with a different name or declared type is refused, and so is a
    truncated image. A side may have 8192 pixels, a video 60 minutes. Without a file, the content is its
    caption. The upload ends after 30 s without data.
    """
    async with uploads.receive_and_store_multipart_upload(request, CONTENT_UPLOAD_RULES) as received:
        create = partial(_create_uploaded_content, request, project_id, received)
        result = await idempotency.write_idempotently(request, create, received.fingerprint)
    return await idempotency.send_wakes_and_reply(request, result)


async def _create_uploaded_content(
    request: ApiRequest, project_id: str, received: ReceivedUpload, conn: Conn
) -> WriteReply[Content]:
    item = await content.create_uploaded_content(
        conn,
        **request.parse_org_and_project_id(project_id),
        hook=received.texts.get("hook") or None,
        caption=received.texts.get("caption", ""),
        ai_declared=received.texts.get("aiGenerated") == "true",
        files=received.files,
        public_url=request.public_api_base_url,
    )
    wakes = await posters.submit_upload_poster_job(conn, organization_id=request.organization_id, content=item)
    location = f"/v1/content/{item.id}"
    return WriteReply(item, status=201, location=location, etag=etags.quote_etag(item.revision), wakes=wakes)


@get("/projects/{project_id:str}/content", opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def list_content(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    status: ContentStatusFilter = None,
    approval_status: ApprovalStatusFilter = None,
    format: ContentFormatFilter = None,  # noqa: A002  the parameter's name
    creative_type: CreativeTypeFilter = None,
    since: CreatedSinceFilter = None,
    until: CreatedUntilFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[Content]:
    """List a project's content, newest first."""
    find = partial(
        listing.list_filtered_content,
        statuses=status,
        approval_statuses=approval_status,
        formats=format,
        creative_types=creative_type,
        period=await filters.parse_period_filter_into_real_time(request, since, until),
        public_url=request.public_api_base_url,
    )
    return await read_list_page_in_project(request, find, project_id, cursor, limit)


@get("/projects/{project_id:str}/content/hooks", opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def propose_hooks(request: ApiRequest, project_id: FromPath[str]) -> Hooks:
    """Return up to ten opening lines for content, from the brand's own texts, each with its evidence.

    They are in the brand's own language. A brand with too few texts is refused: `details.missingFields` lists
    the fields of its context that would help.
    """
    async with request.acquire_connection() as conn:
        known = await hooks.read_brand_snapshot(conn, **request.parse_org_and_project_id(project_id))
    return await request.services.executor.run(request.organization_id, partial(hooks.propose_brand_hooks, known))


@get("/content/{content_id:str}", opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def get_content(request: ApiRequest, content_id: FromPath[str]) -> Response[Content]:
    """Return one content item. Its ETag is its revision, for `If-Match`."""
    async with request.acquire_connection() as conn:
        item = await content.read_content(
            conn,
            **request.parse_org_and_object_id("content", content_id=content_id),
            public_url=request.public_api_base_url,
        )
    return LowOverheadResponse(item, headers={"ETag": etags.quote_etag(item.revision)})


@patch("/content/{content_id:str}", opt=build_route_options("content:write", RateClass.WRITE_LIGHT, 404, 409, 412))
async def patch_content(
    request: ApiRequest, content_id: FromPath[str], data: JSONBody[ContentPatch]
) -> Response[Content]:
    """Change a content item's caption, or declare it AI-made: a new revision. Equal values change nothing.

    Approved content becomes pending again and its queued posts blocked, at once. Waiting posts without a
    `captionOverride` use the new caption. If a platform of such a post would refuse it, the change is refused
    with an issue for each such post, and nothing changes.
    """

    async def change(conn: Conn) -> WriteReply[Content]:
        changed = await content.edit_content(
            conn,
            **request.parse_org_and_object_id("content", content_id=content_id),
            patch=data,
            versions=etags.read_if_match_versions(request),
            public_url=request.public_api_base_url,
        )
        return WriteReply(changed, etag=etags.quote_etag(changed.revision))

    return await run_idempotent_write(request, change)


@post(
    "/content/{content_id:str}/approve",
    opt=build_route_options("content:approve", RateClass.WRITE_LIGHT, 404, 409),
    status_code=200,
)
async def approve_content(
    request: ApiRequest, content_id: FromPath[str], data: JSONBody[Approve] = DEFAULT_CONTENT_APPROVAL_BODY
) -> Response[Content]:
    """Approve pending content: its blocked posts go out at their times.

    Send the `revision` that the reviewer read: if the content was edited since, the answer is a conflict. A
    post with another `captionOverride` stays blocked until its own approval.
    """

    async def decide(conn: Conn) -> WriteReply[Content]:
        approved, wakes = await approvals.approve_content_and_posts(
            conn,
            **request.parse_org_and_object_id("content", content_id=content_id),
            api_key_id=request.principal.key_uuid,
            revision=data.revision,
            note=data.note,
            now=request.services.clock(),
            public_url=request.public_api_base_url,
        )
        return WriteReply(approved, etag=etags.quote_etag(approved.revision), wakes=tuple(wakes))

    return await run_idempotent_write(request, decide)


@post(
    "/content/{content_id:str}/reject",
    opt=build_route_options("content:approve", RateClass.WRITE_LIGHT, 404, 409),
    status_code=200,
)
async def reject_content(request: ApiRequest, content_id: FromPath[str], data: JSONBody[Reject]) -> Response[Content]:
    """Reject pending content for good; its waiting posts are canceled."""
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: approvals.reject_content_and_posts(
            conn,
            **request.parse_org_and_object_id("content", content_id=content_id),
            api_key_id=request.principal.key_uuid,
            revision=data.revision,
            reason=data.reason,
            public_url=request.public_api_base_url,
        ),
    )


@get("/projects/{project_id:str}/approval-policy", opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def get_approval_policy(request: ApiRequest, project_id: FromPath[str]) -> ApprovalPolicy:
    """Return the approval policy for new content of the project."""
    async with request.acquire_connection() as conn:
        return await approvals.read_approval_policy(conn, **request.parse_org_and_project_id(project_id))


@patch(
    "/projects/{project_id:str}/approval-policy", opt=build_route_options("content:approve", RateClass.WRITE_LIGHT, 404)
)
async def patch_approval_policy(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[ApprovalPolicyPatch]
) -> Response[ApprovalPolicy]:
    """Require approval for all new content, or until a number of items is approved.

    Existing content keeps its approval status: a looser policy approves nothing, a stricter one revokes
    nothing.
    """
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: approvals.apply_approval_policy_patch(
            conn, **request.parse_org_and_project_id(project_id), api_key_id=request.principal.key_uuid, body=data
        ),
    )
