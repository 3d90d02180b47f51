"""Unusable files are refused at the request, not by the job."""

from typing import Any, NamedTuple

import pytest_asyncio

from db.pool import Pool
from tests import media
from tests.api.all_objects import no_change
from tests.api.conftest import read_answer
from tests.api.generated.conftest import GeneratingProject
from tests.api.refusals import assert_refused

PICTURE, CLIP = ("a.png", media.picture()), ("a.mp4", media.film(ms=4000, size=(640, 360)))


class UploadedItem(NamedTuple):
    """Uploaded content of one file."""

    id: str
    asset: str


class UsableFiles(NamedTuple):
    """A usable image and clip; tests change their rows, so that no file of 20 MB has to be sent."""

    picture: UploadedItem
    clip: UploadedItem


@pytest_asyncio.fixture
async def usable_files(maker: GeneratingProject) -> UsableFiles:
    created = []
    for file in (PICTURE, CLIP):
        item = read_answer(await maker.http.post(f"{maker.path}/content/upload", files={"file": file}), 201)
        created.append(UploadedItem(item["id"], item["assets"][0]["assetId"]))
    return UsableFiles(*created)


async def change_asset(pool: Pool, kind: str, **columns: int) -> None:
    for name, value in columns.items():
        await pool.execute(f"update content_asset set {name} = $1 where kind = $2", value, kind)


async def test_unusable_image_is_refused(maker: GeneratingProject, usable_files: UsableFiles, pool: Pool) -> None:
    usable: dict[str, int] = {"size_bytes": 20 << 20, "width": 8000, "height": 400}
    faults: tuple[dict[str, int], ...] = (
        {"size_bytes": (20 << 20) + 1},
        {"width": 8001},
        {"width": 8192, "height": 8192},
    )
    for columns in faults:
        await change_asset(pool, "image", **usable | columns)
        async with no_change(pool):
            for name, fields in (
                ("mediaIds[0]", {"mediaIds": [usable_files.picture.asset]}),
                ("sourceContentId", {"sourceContentId": usable_files.picture.id}),
            ):
                answer = await maker.http.post(f"{maker.path}/content", json={"format": "image", **fields})
                assert_refused(answer, 422, "VALIDATION", name)
    await change_asset(pool, "image", **usable)
    await maker.ask(mediaIds=[usable_files.picture.asset])


async def test_unusable_remix_clip_is_refused(maker: GeneratingProject, usable_files: UsableFiles, pool: Pool) -> None:
    usable = {"duration_ms": 3000, "width": 4096, "height": 240}
    for columns in ({"duration_ms": 2999}, {"height": 239}, {"width": 4097}, {"height": 4096}):
        await change_asset(pool, "video", **usable | columns)
        async with no_change(pool):
            for name, fields in (
                ("mediaIds[1]", {"mediaIds": [usable_files.picture.asset, usable_files.clip.asset]}),
                ("sourceContentId", {"sourceContentId": usable_files.clip.id}),
            ):
                answer = await maker.http.post(f"{maker.path}/content", json={"format": "ugc_remix", **fields})
                assert_refused(answer, 422, "VALIDATION", name)
    await change_asset(pool, "video", **usable)
    await maker.ask(format="ugc_remix", sourceContentId=usable_files.clip.id)


async def test_unusable_demo_video_is_refused(maker: GeneratingProject, pool: Pool) -> None:
    form: Any = {"file": ("a.mp4", media.film()), "kind": (None, "demo_video")}
    read_answer(await maker.http.post(f"{maker.path}/app-media", files=form), 201)
    async with no_change(pool):
        answer = await maker.http.post(f"{maker.path}/content", json={"format": "ugc_remix"})
        assert_refused(answer, 422, "VALIDATION", "mediaIds")


async def test_superfluous_file_is_refused(maker: GeneratingProject, usable_files: UsableFiles, pool: Pool) -> None:
    """No given file is silently ignored."""
    answer = await maker.http.post(f"{maker.path}/content/upload", files={"caption": (None, "Hi")})
    text = answer.json()["id"]
    async with no_change(pool):
        refusals: tuple[tuple[dict[str, Any], str], ...] = (
            ({"format": "slideshow", "mediaIds": [usable_files.clip.asset]}, "mediaIds[0]"),
            ({"format": "video", "sourceContentId": usable_files.clip.id}, "sourceContentId"),
            ({"format": "image", "sourceContentId": text}, "sourceContentId"),
        )
        for body, path in refusals:
            assert_refused(await maker.http.post(f"{maker.path}/content", json=body), 422, "VALIDATION", path)
