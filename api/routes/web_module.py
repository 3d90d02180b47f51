"""The web module, for pages of any origin: one file with a stable name, without a key."""

import hashlib
from importlib.resources import files

from litestar import Response, get

from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.web_module.packing import minify_web_sdk

WEB_SDK_PATH = "/sdk/v1/tenantry.js"
MINIFIED_WEB_SDK = minify_web_sdk(files("api.web_module").joinpath("tenantry.js").read_text("utf-8")).encode()

_WEB_SDK_ETAG = f'"{hashlib.sha256(MINIFIED_WEB_SDK).hexdigest()[:32]}"'
_WEB_SDK_HEADERS = {
    "ETag": _WEB_SDK_ETAG,
    #: Fresh for an hour; then for a day the page may use it while the browser revalidates it.
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@get(WEB_SDK_PATH, include_in_schema=False)
async def web_module(request: ApiRequest) -> Response[bytes | None]:
    """Serve the JavaScript module for web pages that send events, or 304 if the browser has it."""
    known = request.request_state.headers.get(b"if-none-match", b"").decode("latin-1")
    if known.strip() == "*" or _WEB_SDK_ETAG in known:
        return LowOverheadResponse(None, status_code=304, headers=_WEB_SDK_HEADERS)
    return LowOverheadResponse(MINIFIED_WEB_SDK, headers=_WEB_SDK_HEADERS, media_type="text/javascript; charset=utf-8")


KEYLESS_ROUTES = [web_module]
