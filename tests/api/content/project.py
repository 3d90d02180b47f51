"""A project for uploads, and the uploads of partners."""

from typing import Any, NamedTuple

import httpx

from db.pool import Pool
from tests import media
from tests.api.conftest import ApiCaller, read_answer
from tests.s3.storages import MediaStorage

#: A part for httpx: its name, and (file name, bytes, declared type).
Part = tuple[str, tuple[Any, ...]]

PNG, FILM = media.picture(), media.film()


class UploadProject(NamedTuple):
    """A project, and the location of all media."""

    caller: ApiCaller
    id: str
    kept: MediaStorage

    @property
    def path(self) -> str:
        return f"/v1/projects/{self.id}/content"

    async def upload(self, *parts: Part, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.caller.http.post(f"{self.path}/upload", files=list(parts), headers=named)

    async def made(self, *parts: Part) -> dict[str, Any]:
        return read_answer(await self.upload(*parts), 201)

    def stored(self) -> list[str]:
        """Return the names of all stored files, partial ones included."""
        return self.kept.names()


def file(content: bytes = PNG, name: str = "shop.png", declared: str = "image/png") -> Part:
    return "file", (name, content, declared)


def film(content: bytes = FILM, name: str = "shop.mp4", declared: str = "video/mp4") -> Part:
    return "file", (name, content, declared)


def text(name: str, value: str | bytes) -> Part:
    return name, (None, value)


async def count_rows(pool: Pool) -> int:
    """Count the rows that an upload may leave in the database."""
    counted = [
        await pool.fetchval(f"select count(*) from {table}")
        for table in ("content_item", "content_asset", "asset_thumbnail", "media_upload", "idempotency_key")
    ]
    return sum(counted)
