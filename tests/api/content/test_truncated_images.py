"""Truncated images: their headers announce a larger image, as after an interrupted upload."""

import pytest

from db.pool import Pool
from tests import media
from tests.api.content.project import UploadProject, count_rows, file


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
async def test_truncated_image_is_refused(project: UploadProject, pool: Pool, kind: str) -> None:
    whole = media.grainy(kind.upper())
    for came in (0.05, 0.5, 0.99):
        part = whole[: int(len(whole) * came)]
        answer = await project.upload(file(part, f"a.{kind}", f"image/{kind}"))
        assert answer.status_code == 422, answer.text
        [issue] = answer.json()["error"]["details"]["issues"]
        assert issue["path"] == "file[0]"
        assert "not the whole" in issue["message"]
        assert (await count_rows(pool), project.stored()) == (0, [])
    await project.made(file(whole, f"a.{kind}", f"image/{kind}"))
