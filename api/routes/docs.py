"""The OpenAPI document and its page, which loads nothing from other hosts."""

from litestar import Response, get

from api.http import static
from api.http.requests import ApiRequest

_DOCS_PAGE_HEADERS = {
    #: The page may only run its own script and call this host.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}


@get("/v1/openapi.json", include_in_schema=False)
async def openapi_json(request: ApiRequest) -> Response[bytes]:
    """Serve the API's OpenAPI document for tools, as JSON."""
    return Response(request.app.state.openapi, media_type="application/json")


KEYLESS_ROUTES = [openapi_json, *static.static_page_routes("/docs", "docs_page", _DOCS_PAGE_HEADERS)]
