"""The OpenAPI document and a page that shows it: our own, so that it loads nothing from another host."""

from importlib.resources import files

from litestar import Response, get

from api.requests import ApiRequest

_FOLDER = files("api").joinpath("docs_page")

#: What the page may do: run its own script, and ask this host.
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"


@get("/v1/openapi.json", include_in_schema=False)
async def openapi_json(request: ApiRequest) -> Response[bytes]:
    """The document, for people's tools."""
    return Response(request.app.state.openapi, media_type="application/json")


@get("/docs", include_in_schema=False)
async def docs() -> Response[bytes]:
    return _file("index.html", "text/html")


@get("/docs/page.js", include_in_schema=False)
async def docs_script() -> Response[bytes]:
    return _file("page.js", "text/javascript")


@get("/docs/page.css", include_in_schema=False)
async def docs_style() -> Response[bytes]:
    return _file("page.css", "text/css")


def _file(name: str, media_type: str) -> Response[bytes]:
    return Response(
        _FOLDER.joinpath(name).read_bytes(),
        media_type=media_type,
        headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"},
    )


ROUTES = [openapi_json, docs, docs_script, docs_style]
