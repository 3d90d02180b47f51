"""A project for app media, and the uploads of partners."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from tests import media
from tests.api.conftest import ApiCaller, read_answer
from tests.s3.storages import MediaStorage

LOGO = media.picture(size=(64, 64))
SCREEN = media.picture("JPEG", (90, 160))
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" onload="alert(1)"><script>alert(2)</script>'
    b'<style>@import url(//evil.example/a.css)</style><rect width="40" height="20" fill="teal"/>'
    b'<a href="javascript:alert(3)"><circle r="3"/></a></svg>'
)


class AppMediaProject(NamedTuple):
    """A project, and the location of all media."""

    caller: ApiCaller
    id: str
    kept: MediaStorage

    @property
    def path(self) -> str:
        return f"/v1/projects/{self.id}/app-media"

    async def send(
        self, file: bytes = LOGO, *, name: str = "a.png", headers: Mapping[str, str] = {}, **form: str
    ) -> httpx.Response:
        files = {"file": (name, file, "application/octet-stream")}
        return await self.caller.http.post(self.path, data=form, files=files, headers=headers)

    async def made(self, file: bytes = LOGO, kind: str = "logo", **form: str) -> dict[str, Any]:
        return read_answer(await self.send(file, name="", headers={}, kind=kind, **form), 201)

    async def listed(self, **asked: Any) -> list[dict[str, Any]]:
        page = read_answer(await self.caller.http.get(self.path, params={"limit": 200, **asked}))
        return page["items"]  # type: ignore[no-any-return]

    async def delete(self, asset_id: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.caller.http.delete(f"{self.path}/{asset_id}", headers=named)

    async def patch(self, asset_id: str, body: Any, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.caller.http.patch(f"{self.path}/{asset_id}", json=body, headers=named)

    async def archive(self) -> httpx.Response:
        return await self.caller.http.delete(f"/v1/projects/{self.id}")
