"""Files of a project's app, used to generate its content."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, get_args

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import idempotency, path_ids, uploads
from api.http.accepted_job import build_accepted_job_answer
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.http.uploads import ReceivedUpload, UploadRules
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.media import app_media, app_media_fetches, app_media_limits, app_media_roles
from domain.media.app_media_limits import MAX_APP_MEDIA_FILE_BYTES_BY_KIND
from domain.media.streaming_upload import MIB, MediaTypeSizeLimits, StreamingUpload
from domain.values import ssrf_guard
from schemas import ids
from schemas.app_media import (
    MAX_APP_MEDIA_TRANSCRIPT_CHARACTERS,
    AppMedia,
    AppMediaAccepted,
    AppMediaDeleted,
    AppMediaFromUrl,
    AppMediaKind,
    AppMediaOrigin,
    AppMediaPatch,
    AppMediaUpload,
)
from schemas.base import Page
from schemas.errors import BodyOversized, InvalidValue
from schemas.pictures import PictureRole

AppMediaKindFilter = Annotated[list[AppMediaKind] | None, QueryParameter(description="Only files of these kinds.")]
AppMediaOriginFilter = Annotated[AppMediaOrigin | None, QueryParameter(description="Only files of this origin.")]

PROJECT_APP_MEDIA_PATH = "/projects/{project_id:str}/app-media"
APP_MEDIA_FILE_PATH = f"{PROJECT_APP_MEDIA_PATH}/{{asset_id:str}}"

#: Maximum characters of the name of a kind or a role; longer than any, so that the error can quote a wrong one.
MAX_APP_MEDIA_KIND_CHARACTERS = 40
#: Allowed files while the kind is unknown.
ALLOWED_FILE_TYPES_OF_ANY_APP_MEDIA_KIND: MediaTypeSizeLimits = {
    kind: max(taken.get(kind, 0) for taken in MAX_APP_MEDIA_FILE_BYTES_BY_KIND.values())
    for of in MAX_APP_MEDIA_FILE_BYTES_BY_KIND.values()
    for kind in of
}


def _parse_upload_media_kind(texts: Mapping[str, str]) -> AppMediaKind:
    try:
        kind: AppMediaKind = msgspec.convert(texts.get("kind", ""), AppMediaKind)
    except msgspec.ValidationError:
        raise InvalidValue("kind", f"is required, and must be one of {', '.join(get_args(AppMediaKind))}") from None
    return kind


def _parse_upload_role(texts: Mapping[str, str]) -> PictureRole | None:
    if "role" not in texts:
        return None
    try:
        role: PictureRole = msgspec.convert(texts["role"], PictureRole)
    except msgspec.ValidationError:
        raise InvalidValue("role", f"must be one of {', '.join(get_args(PictureRole))}") from None
    return role


def _allowed_app_media_types(texts: Mapping[str, str]) -> MediaTypeSizeLimits:
    return (
        MAX_APP_MEDIA_FILE_BYTES_BY_KIND[_parse_upload_media_kind(texts)]
        if "kind" in texts
        else ALLOWED_FILE_TYPES_OF_ANY_APP_MEDIA_KIND
    )


def _check_app_media_upload(files: Sequence[StreamingUpload], texts: Mapping[str, str] | None) -> None:
    """Check the one file of an app media upload by its declared kind, and the file's transcript and role.

    With `texts` None, only count the files. Raises `InvalidValue`, and `BodyOversized` for a too large file.
    """
    if len(files) > 1:
        raise InvalidValue("file", "is sent twice: send one file with each request")
    if texts is None:
        return
    kind = _parse_upload_media_kind(texts)
    if not files:
        raise InvalidValue("file", "is required; or send JSON with a `url`")
    [file] = files
    if file.type not in MAX_APP_MEDIA_FILE_BYTES_BY_KIND[kind]:
        raise InvalidValue(file.path, f"is {file.type.mime}, which is not allowed for a {kind}")
    if file.received_bytes > MAX_APP_MEDIA_FILE_BYTES_BY_KIND[kind][file.type]:
        raise BodyOversized(
            f"{file.path}: a {kind} may have at most {MAX_APP_MEDIA_FILE_BYTES_BY_KIND[kind][file.type] // MIB} MiB"
        )
    app_media_limits.check_app_media_transcript_allowed(kind, texts.get("transcript", ""))
    app_media_roles.check_declared_role(kind, _parse_upload_role(texts))


APP_MEDIA_UPLOAD_RULES = UploadRules(
    body_max=201 * MIB,
    texts={
        "kind": MAX_APP_MEDIA_KIND_CHARACTERS,
        "role": MAX_APP_MEDIA_KIND_CHARACTERS,
        "transcript": MAX_APP_MEDIA_TRANSCRIPT_CHARACTERS,
    },
    allowed=_allowed_app_media_types,
    check=_check_app_media_upload,
    reads_roles=True,
)


@post(
    PROJECT_APP_MEDIA_PATH,
    opt={
        **build_route_options("content:write", RateClass.LONG_RUNNING, 202, 404, 409, parts=AppMediaUpload),
        "reads": AppMediaFromUrl,
        "accepts": AppMediaAccepted,
    },
    status_code=201,
    request_max_body_size=APP_MEDIA_UPLOAD_RULES.body_max,
)
async def add_app_media(
    request: ApiRequest, project_id: FromPath[str]
) -> Response[AppMedia] | Response[AppMediaAccepted]:
    """Add a file of the project's app: an upload is stored at once, a `url` is fetched by a job.

    A `logo` (jpeg, png, webp: 5 MiB; svg: 1 MiB), a `screenshot` or `photo` (jpeg, png, webp: 10 MiB), a `demo_video`
    (mp4, mov: 200 MiB) or an `end_card` (jpeg, png, webp: 5 MiB). The file's bytes determine its type. An svg
    is stored as its visible shapes; one with text or images is refused.

    For a `url` the 202 has the job and the asset, which is `fetching` until the job ends. The address and all
    of its redirects must be public.
    """
    if request.has_multipart_body:
        return await _receive_app_media(request, project_id)
    return await _start_job_to_fetch_app_media_from_url(request, project_id)


async def _receive_app_media(request: ApiRequest, project_id: str) -> Response[AppMedia]:
    async with uploads.receive_and_store_multipart_upload(request, APP_MEDIA_UPLOAD_RULES) as received:
        add = partial(_store_uploaded_app_media_of_project, request, project_id, received)
        result = await idempotency.write_idempotently(request, add, received.fingerprint)
    return await idempotency.send_wakes_and_reply(request, result)


async def _store_uploaded_app_media_of_project(
    request: ApiRequest, project_id: str, received: ReceivedUpload, conn: Conn
) -> WriteReply[AppMedia]:
    [file] = received.files
    asset = await app_media.insert_app_media(
        conn,
        **request.parse_org_and_project_id(project_id),
        kind=_parse_upload_media_kind(received.texts),
        file=file,
        transcript=received.texts.get("transcript", ""),
        role=_parse_upload_role(received.texts),
        public_url=request.public_api_base_url,
    )
    location = f"/v1/projects/{asset.project_id}/app-media/{asset.asset_id}"
    return WriteReply(asset, status=201, location=location)


async def _start_job_to_fetch_app_media_from_url(request: ApiRequest, project_id: str) -> Response[AppMediaAccepted]:
    body: AppMediaFromUrl = await request.decode_body_as(AppMediaFromUrl)
    app_media_limits.check_app_media_transcript_allowed(body.kind, body.transcript)
    app_media_roles.check_declared_role(body.kind, body.role)
    url = ssrf_guard.check_fetch_url(body.url, allowed=request.services.allowed)

    async def start(conn: Conn) -> WriteReply[AppMediaAccepted]:
        started = await app_media_fetches.start_app_media_fetch(
            conn,
            **request.parse_org_and_project_id(project_id),
            kind=body.kind,
            url=url,
            transcript=body.transcript,
            role=body.role,
        )
        asset_id = ids.format_prefixed_id(ids.ASSET_ID_PREFIX, started.asset_id)
        return build_accepted_job_answer(AppMediaAccepted, started.submitted, asset_id=asset_id)

    return await run_idempotent_write(request, start)


@get(PROJECT_APP_MEDIA_PATH, opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def list_app_media(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    kind: AppMediaKindFilter = None,
    origin: AppMediaOriginFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[AppMedia]:
    """List the files of a project's app, newest first: uploads, and suggestions from ingests."""
    find = partial(app_media.list_app_media_page, kinds=kind, origin=origin, public_url=request.public_api_base_url)
    return await read_list_page_in_project(request, find, project_id, cursor, limit)


@get(APP_MEDIA_FILE_PATH, opt=build_route_options("content:read", RateClass.READ_LIGHT, 404))
async def get_app_media(request: ApiRequest, project_id: FromPath[str], asset_id: FromPath[str]) -> AppMedia:
    """Return one file of a project's app."""
    async with request.acquire_connection() as conn:
        return await app_media.read_one_app_media(
            conn, **_parse_app_media_path_ids(request, project_id, asset_id), public_url=request.public_api_base_url
        )


@patch(APP_MEDIA_FILE_PATH, opt=build_route_options("content:write", RateClass.WRITE_LIGHT, 404, 409))
async def patch_app_media(
    request: ApiRequest, project_id: FromPath[str], asset_id: FromPath[str], data: JSONBody[AppMediaPatch]
) -> Response[AppMedia]:
    """Declare the role of a picture, or return to the detected one with `{"role": null}`.

    New content uses the role; existing content stays unchanged. A `logo` is a `logo` or a `wordmark`. A `screenshot`
    and a `photo` have any other role. A video and an end card have none.
    """
    scope = partial(_parse_app_media_path_ids, request, project_id, asset_id)
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: app_media.set_app_media_role(
            conn, **scope(), role=data.role, public_url=request.public_api_base_url
        ),
    )


@delete(APP_MEDIA_FILE_PATH, opt=build_route_options("content:write", RateClass.WRITE_LIGHT, 404), status_code=200)
async def delete_app_media(
    request: ApiRequest, project_id: FromPath[str], asset_id: FromPath[str]
) -> Response[AppMediaDeleted]:
    """Delete a file of a project's app, or reject a suggested one, so that no later ingest suggests it again.

    From then on the file and its `url` are not found. Content made with it stays unchanged, and running
    generations with it complete.
    """
    scope = partial(_parse_app_media_path_ids, request, project_id, asset_id)
    return await run_idempotent_write_without_wakes(
        request, lambda conn: app_media.delete_or_dismiss_app_media(conn, **scope())
    )


def _parse_app_media_path_ids(request: ApiRequest, project_id: str, asset_id: str) -> dict[str, Any]:
    return {**request.parse_org_and_project_id(project_id), "asset_id": path_ids.parse_id("app_media", asset_id)}
