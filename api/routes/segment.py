"""Segment compatibility: the URLs of its SDKs, so that they can send here with an app's key.

Segment's SDKs drop messages after most 4xx answers and 501, and retry after 429 and 5xx. So every refusal
that may pass later has one of the retried statuses, and no other refusal does.
"""

from functools import partial

from litestar import Response, get, post
from litestar.params import FromPath

from api.events import requests
from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from domain.apps import app_keys
from domain.events import segment
from domain.events.json_text import MAX_PACKED_EVENT_BODY_BYTES
from schemas.base import ResponseStruct
from schemas.errors.absent import not_found_error
from schemas.events import Rejected

#: Seconds for which an SDK caches its settings, which never change.
SEGMENT_SDK_SETTINGS_CACHE_S = 300


class SegmentBatchResult(ResponseStruct, frozen=True, kw_only=True):
    """The result of a batch, sent after its commit. SDKs read only the status."""

    success: bool
    accepted: int
    duplicates: int
    rejected: list[Rejected]


@post(
    [f"/{kind}" for kind in segment.SEGMENT_MESSAGE_TYPE_BY_PATH],
    status_code=200,
    request_max_body_size=MAX_PACKED_EVENT_BODY_BYTES,
    include_in_schema=False,
)
async def receive_segment_messages(request: ApiRequest) -> Response[SegmentBatchResult]:
    """Store Segment messages as events; return counts and rejections. The key is in headers, URL or `writeKey`."""
    kind = segment.SEGMENT_MESSAGE_TYPE_BY_PATH[request.scope["path"].rpartition("/")[2]]
    key = requests.read_app_key(request)
    app = await requests.auth_app_and_check_limits(request, key) if key else None
    plain = await requests.decompress_event_body(request, app, max_bytes=segment.MAX_SEGMENT_SDK_BODY_BYTES)
    app = app or await requests.auth_app_and_check_limits(request, segment.read_segment_write_key(plain))
    batch = await requests.parse_request_events(
        request, app, plain, partial(segment.read_segment_sdk_events, kind=kind)
    )
    stored = await requests.store_event_batch(request, app, batch)
    return LowOverheadResponse(SegmentBatchResult(success=True, **stored._asdict(), rejected=batch.rejected))


@get("/projects/{key:str}/settings", include_in_schema=False)
async def get_segment_sdk_settings(request: ApiRequest, key: FromPath[str]) -> Response[dict[str, object]]:
    """Return the settings for a Segment SDK, which direct all its events to this API.

    The SDK's own telemetry to its vendor is turned off. The answer reveals nothing about a key but its valid
    format. 404 for a malformed key.
    """
    if app_keys.parse_app_key(key) is None:
        raise not_found_error("sdk_app")
    protocol, _, host = request.public_api_base_url.partition("://")
    settings = {
        "integrations": {"Segment.io": {"apiKey": key, "apiHost": f"{host}/v1", "protocol": protocol}},
        "metrics": {"sampleRate": 0.0},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "edgeFunction": {},
    }
    return LowOverheadResponse(settings, headers={"Cache-Control": f"public, max-age={SEGMENT_SDK_SETTINGS_CACHE_S}"})


#: Routes with the key of an SDK app.
SDK_APP_KEY_ROUTES = [receive_segment_messages, get_segment_sdk_settings]
