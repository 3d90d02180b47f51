"""Pages of our own: their files under a path, each with the same headers, without a key."""

from collections.abc import Mapping
from importlib.resources import files

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


def page(path: str, folder: str, headers: Mapping[str, str]) -> list[HTTPRouteHandler]:
    """The routes of a page: `index.html` of the folder at the path itself, and each of its files below."""
    contents = {
        file.name: file.read_bytes() for file in files("api").joinpath(folder).iterdir() if file.is_file()
    }

    @get(path, include_in_schema=False)
    async def index() -> Response[bytes]:
        return read("index.html")

    @get(f"{path}/{{name:str}}", include_in_schema=False)
    async def file(name: FromPath[str]) -> Response[bytes]:
        return read(name)

    def read(name: str) -> Response[bytes]:
        if name not in contents:
            raise NotFoundException
        return Response(contents[name], media_type=_TYPES[name.rpartition(".")[2]], headers=headers)

    return [index, file]
