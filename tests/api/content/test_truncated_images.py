"""Truncated images: their headers announce a larger image, as after an interrupted upload."""

from db.pool import Pool
from tests import media
from tests.api.content.project import UploadProject, count_rows, file


async def test_truncated_image_is_refused(project: UploadProject, pool: Pool) -> None:
    for kind in ("jpeg", "png", "webp"):
        whole, before = media.grainy(kind.upper()), (await count_rows(pool), project.stored())
        for came in (0.05, 0.5, 0.99):
            part = whole[: int(len(whole) * came)]
            answer = await project.upload(file(part, f"a.{kind}", f"image/{kind}"))
            assert answer.status_code == 422, answer.text
            [issue] = answer.json()["error"]["details"]["issues"]
            assert issue["path"] == "file[0]"
            assert "not the whole" in issue["message"]
            assert (await count_rows(pool), project.stored()) == before
        await project.made(file(whole, f"a.{kind}", f"image/{kind}"))
