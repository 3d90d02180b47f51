"""Static files of our own pages, served under a path without a key, with the same headers each."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

_STATIC_CONTENT_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


def static_page_routes(
    path: str, folder: str, headers: Mapping[str, str], *, generated: Mapping[str, bytes] | None = None
) -> list[HTTPRouteHandler]:
    """Return the routes of a static page: `index.html` at the path itself, its other files below it.

    `generated` are further files by name. Each response has `headers`.
    """
    root = files("api").joinpath(folder)
    contents = root.joinpath("index.html").read_bytes()

    @get(path, include_in_schema=False)
    async def index() -> Response[bytes]:
        return Response(contents, media_type=_STATIC_CONTENT_TYPES["html"], headers=headers)

    return [index, *_static_file_routes(path, root, headers, generated or {})]


def _static_file_routes(
    path: str, folder: Traversable, headers: Mapping[str, str], generated: Mapping[str, bytes]
) -> list[HTTPRouteHandler]:
    """Return the routes of a folder's static files below a path, subfolders included."""
    contents = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    contents |= generated

    @get(f"{path}/{{name:str}}", include_in_schema=False)
    async def file(name: FromPath[str]) -> Response[bytes]:
        if name not in contents:
            raise NotFoundException
        return Response(contents[name], media_type=_STATIC_CONTENT_TYPES[name.rpartition(".")[2]], headers=headers)

    below = [inner for inner in folder.iterdir() if inner.is_dir()]
    return [
        file,
        *(
            route
            for subfolder in below
            for route in _static_file_routes(f"{path}/{subfolder.name}", subfolder, headers, {})
        ),
    ]
