"""A page over the same API, for whoever has a key: static files, no session of their own."""

from importlib.resources import files

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

_FOLDER = files("api").joinpath("console")

_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

_HEADERS = {
    #: The page runs its own scripts and asks this host; what a partner or a website wrote can load nothing.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

_FILES = {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.is_file()}


@get("/console", include_in_schema=False)
async def console() -> Response[bytes]:
    return _file("index.html")


@get("/console/{name:str}", include_in_schema=False)
async def console_file(name: FromPath[str]) -> Response[bytes]:
    return _file(name)


def _file(name: str) -> Response[bytes]:
    if name not in _FILES:
        raise NotFoundException
    media_type = _TYPES[name.rpartition(".")[2]]
    return Response(_FILES[name], media_type=media_type, headers=_HEADERS)


ROUTES = [console, console_file]
