"""Uploading media: stored fields, answers, repeats."""

import asyncio
import hashlib
from typing import Any

import pytest

from db.pool import Pool
from tests import media
from tests.api.content.project import FILM, PNG, UploadProject, count_rows, file, film, text
from tests.s3.storages import ALL_STORAGES, BREAKABLE_STORAGES

JPEG, WEBP = media.picture("JPEG", (5, 7)), media.picture("WEBP")


@ALL_STORAGES
async def test_uploaded_image_is_completed_content(project: UploadProject) -> None:
    answer = await project.upload(file(), text("caption", "Fresh bread"), text("hook", "Look"))
    created = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"'), created
    assert answer.headers["Location"] == f"/v1/content/{created['id']}"
    [asset] = created["assets"]
    assert created == {
        "id": created["id"],
        "projectId": project.id,
        "format": "image",
        "status": "completed",
        "hook": "Look",
        "caption": "Fresh bread",
        "assets": [
            {
                "assetId": asset["assetId"],
                "kind": "image",
                "url": asset["url"],
                "thumbnailUrl": asset["thumbnailUrl"],
                "mimeType": "image/png",
                "width": 4,
                "height": 3,
                "durationMs": None,
                "sizeBytes": len(PNG),
                "checksumSha256": hashlib.sha256(PNG).hexdigest(),
            }
        ],
        "approvalStatus": "not_required",
        "revision": 1,
        "creativeType": "uploaded",
        "aiGenerated": False,
        **dict.fromkeys(("decision", "madeBy", "influencerId", "jobId", "lastError")),
        **dict.fromkeys(("look", "hookShape", "hookIntent", "picture")),
        "fits": created["fits"],
        "provenance": [],
        "createdAt": created["createdAt"],
        "updatedAt": created["createdAt"],
    }
    assert created["id"][:4] + asset["assetId"][:4] == "cnt_ast_"
    assert (await project.caller.http.get(answer.headers["Location"])).json() == created
    assert len(project.stored()) == 2


@ALL_STORAGES
async def test_bytes_determine_the_type(project: UploadProject) -> None:
    mixed = [file(), file(JPEG, "a.JPG", "image/jpeg"), file(WEBP, "", "application/octet-stream")]
    stored = 0
    for parts, expected in (
        ([film()], "video"),
        (mixed, "slideshow"),
        ([text("caption", "Just words")], "text"),
        ([file()] * 10, "slideshow"),
    ):
        item = await project.made(*parts)
        stored += sum(1 + (asset["thumbnailUrl"] is not None) for asset in item["assets"])
        assert item["format"] == expected
        assert len(item["assets"]) == sum(name == "file" for name, _ in parts)
        assert len(project.stored()) == stored


async def test_video_has_a_duration_and_its_rotation(project: UploadProject) -> None:
    """An empty hook is null."""
    turned = media.film(brand=b"qt  ", turned=True, ms=90_500)
    item = await project.made(film(turned, "a.mov", "video/quicktime"), text("hook", ""))
    assert item["hook"] is None
    [asset] = item["assets"]
    shown = {name: asset[name] for name in ("kind", "mimeType", "width", "height", "durationMs")}
    assert shown == {"kind": "video", "mimeType": "video/quicktime", "width": 36, "height": 64, "durationMs": 90_500}


async def test_image_size_is_the_displayed_size(project: UploadProject) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        content = media.picture(kind, orientation=6)
        [asset] = (await project.made(file(content, "", "application/octet-stream")))["assets"]
        assert (asset["width"], asset["height"]) == (3, 4), kind


async def test_truncated_image_is_refused(project: UploadProject, pool: Pool) -> None:
    """Its header announces a larger image, as after an interrupted upload."""
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


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("jpeg", {"progressive": True, "subsampling": 0}),
        ("png", {"mode": "RGBA", "compress_level": 1}),
        ("webp", {"method": 0}),
    ],
)
async def test_largest_image_can_be_probed(project: UploadProject, kind: str, options: dict[str, Any]) -> None:
    """Each format in its most expensive form for the decoder, within the process's limits."""
    picture = media.large(kind.upper(), **options)
    [asset] = (await project.made(file(picture, f"a.{kind}", f"image/{kind}")))["assets"]
    assert (asset["width"], asset["height"]) == (8192, 8192)


async def test_parts_come_in_any_order(project: UploadProject) -> None:
    parts = [file(), file(JPEG, "b.jpg", "image/jpeg"), text("caption", "é" * 5000), text("hook", "x" * 300)]
    orders = [parts[start:] + parts[:start] for start in range(4)]
    for order in (*orders, *(order[::-1] for order in orders)):
        item = await project.made(*order)
        assert (item["caption"], item["hook"]) == ("é" * 5000, "x" * 300)
        types = [asset["mimeType"] for asset in item["assets"]]
        assert types == [content[2] for name, content in order if name == "file"]


@ALL_STORAGES
async def test_file_of_the_maximum_size_is_accepted(project: UploadProject) -> None:
    largest = media.noted(bytes(30 * 1024 * 1024 - len(media.noted(b""))))
    assert (await project.made(file(largest)))["assets"][0]["sizeBytes"] == len(largest)


async def test_bytes_similar_to_a_boundary_are_kept(project: UploadProject) -> None:
    content = media.noted(b"\r\n--\r\n--x\r\n\r\n--")
    [asset] = (await project.made(file(content)))["assets"]
    assert asset["checksumSha256"] == hashlib.sha256(content).hexdigest()


@ALL_STORAGES
async def test_a_repeat_gets_the_first_answer_and_stores_nothing(project: UploadProject, pool: Pool) -> None:
    parts = (file(), file(JPEG, "b.jpg", "image/jpeg"), text("caption", "Bread"))
    first = await project.upload(*parts, Idempotency_Key="k")
    before, stored = await count_rows(pool), project.stored()
    repeat = await project.upload(parts[2], parts[0], parts[1], Idempotency_Key="k")
    assert (repeat.status_code, repeat.content) == (201, first.content)
    assert repeat.headers["Idempotent-Replayed"] == "true"
    assert repeat.headers["Location"] == first.headers["Location"]
    assert (await count_rows(pool), project.stored()) == (before, stored)


async def test_a_used_key_is_refused_for_another_upload(project: UploadProject, pool: Pool) -> None:
    await project.upload(file(), text("caption", "Bread"), Idempotency_Key="k")
    before, stored = await count_rows(pool), project.stored()
    for other in (
        [file(), text("caption", "Cake")],
        [file(PNG + b"x"), text("caption", "Bread")],
        [file(), file(), text("caption", "Bread")],
        [file(), text("hook", "Bread")],
        [text("caption", "Bread")],
    ):
        answer = await project.upload(*other, Idempotency_Key="k")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")
        assert (await count_rows(pool), project.stored()) == (before, stored)


async def test_a_repeat_is_answered_after_the_archive(project: UploadProject) -> None:
    first = await project.upload(file(), Idempotency_Key="k")
    await project.caller.http.delete(f"/v1/projects/{project.id}")
    assert (await project.upload(file(), Idempotency_Key="k")).content == first.content
    refused = await project.upload(file())
    assert refused.json()["error"]["details"] == {"reason": "PROJECT_ARCHIVED"}
    assert len(project.stored()) == 2


@ALL_STORAGES
async def test_concurrent_uploads_with_one_key_create_one_item(project: UploadProject, pool: Pool) -> None:
    answers = await asyncio.gather(*(project.upload(film(), Idempotency_Key="k") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await pool.fetchval("select count(*) from content_item") == 1
    assert await pool.fetchval("select count(*) from media_upload") == 0
    [stored] = project.stored()
    assert project.kept.read(stored) == FILM
    assert len(stored) == 43


@BREAKABLE_STORAGES
async def test_unreachable_storage_is_reported_and_pruned_later(project: UploadProject, pool: Pool) -> None:
    with project.kept.away():
        answer = await project.upload(file())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert "storage" in answer.json()["error"]["message"]
    assert await pool.fetchval("select count(*) from content_item") == 0
    assert await pool.fetchval("select count(*) from media_upload") == 1
