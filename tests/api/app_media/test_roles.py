"""Roles of app media: detected by pixels, declared by a partner, and each change once."""

import asyncio

import pytest

from db.pool import Pool
from schemas.app_media import AppMediaKind
from schemas.pictures import PictureRole
from tests import media
from tests.api.all_objects import no_change
from tests.api.app_media.project import LOGO, SVG, AppMediaProject
from tests.api.conftest import ApiCaller, read_answer
from tests.api.refusals import assert_refused, reason
from workers.app_media import sample_pictures

PHOTO = sample_pictures.encode_jpeg(sample_pictures.draw_sandbox_photo(0))
SCREEN = sample_pictures.encode_png(sample_pictures.draw_sandbox_app_phone_screen(0))
WORDMARK = SVG.replace(b"0 0 40 20", b"0 0 90 20")

FILES: list[tuple[bytes, AppMediaKind, PictureRole | None]] = [
    (PHOTO, "photo", "photo"),
    (PHOTO, "screenshot", "photo"),
    (SCREEN, "screenshot", "screenshot"),
    (SCREEN, "photo", "photo"),
    (PHOTO, "logo", "logo"),
    (WORDMARK, "logo", "wordmark"),
    (PHOTO, "end_card", None),
    (media.film(), "demo_video", None),
]


async def test_pixels_tell_the_role_within_the_kind(project: AppMediaProject) -> None:
    for file, kind, role in FILES:
        item = await project.made(file, kind)
        assert (item["role"], item["roleSource"]) == (role, role and "detected"), kind


async def test_a_declared_role_wins_until_it_is_null(project: AppMediaProject) -> None:
    item = await project.made(PHOTO, "photo", role="person")
    assert (item["role"], item["roleSource"]) == ("person", "declared")
    placed = read_answer(await project.patch(item["assetId"], {"role": "place"}))
    assert (placed["role"], placed["roleSource"]) == ("place", "declared")
    assert read_answer(await project.patch(item["assetId"], {"role": "place"})) == placed
    detected = read_answer(await project.patch(item["assetId"], {"role": None}))
    assert (detected["role"], detected["roleSource"]) == ("photo", "detected")
    assert await project.listed() == [detected]


async def test_a_fetched_file_keeps_its_declared_role(project: AppMediaProject) -> None:
    body = {"kind": "photo", "url": "https://example.com/a.jpg", "role": "product"}
    accepted = read_answer(await project.caller.http.post(project.path, json=body), 202)
    read = read_answer(await project.caller.http.get(f"{project.path}/{accepted['assetId']}"))
    assert (read["status"], read["role"], read["roleSource"]) == ("fetching", "product", "declared")


async def test_a_repeated_change_gets_the_first_answer(project: AppMediaProject) -> None:
    item = await project.made(PHOTO, "photo")
    first = await project.patch(item["assetId"], {"role": "person"}, Idempotency_Key="k")
    await project.patch(item["assetId"], {"role": "place"})
    again = await project.patch(item["assetId"], {"role": "person"}, Idempotency_Key="k")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert [one["role"] for one in await project.listed()] == ["place"]


@pytest.mark.parametrize("role", ["hero", "logo", 7, {}])
async def test_a_role_that_the_kind_lacks_changes_nothing(project: AppMediaProject, pool: Pool, role: object) -> None:
    photo, video = await project.made(PHOTO, "photo"), await project.made(media.film(), "demo_video")
    async with no_change(pool):
        assert_refused(await project.patch(photo["assetId"], {"role": role}), 422, "VALIDATION", "role")
        by_url = {"kind": "photo", "url": "https://example.com/a.jpg", "role": role}
        assert_refused(await project.caller.http.post(project.path, json=by_url), 422, "VALIDATION", "role")
        assert_refused(await project.send(PHOTO, name="", kind="photo", role=str(role)), 422, "VALIDATION", "role")
        assert_refused(await project.patch(photo["assetId"], {}), 422, "VALIDATION", "role")
        assert_refused(await project.patch(video["assetId"], {"role": "photo"}), 422, "VALIDATION", "role")
        assert_refused(await project.send(LOGO, kind="logo", role="photo"), 422, "VALIDATION", "role")


async def test_a_stranger_and_an_archived_project_change_no_role(
    project: AppMediaProject, rival: ApiCaller, pool: Pool
) -> None:
    item = await project.made(PHOTO, "photo")
    async with no_change(pool):
        foreign = await rival.http.patch(f"{project.path}/{item['assetId']}", json={"role": "place"})
        assert_refused(foreign, 404, "NOT_FOUND")
    await project.archive()
    assert reason(await project.patch(item["assetId"], {"role": "place"}))[2] == "PROJECT_ARCHIVED"
    assert (await project.listed())[0]["role"] == "photo"


async def test_a_change_of_a_role_races_a_deletion(project: AppMediaProject) -> None:
    item = await project.made(PHOTO, "photo")
    patched, deleted = await asyncio.gather(
        project.patch(item["assetId"], {"role": "person"}), project.delete(item["assetId"])
    )
    assert (patched.status_code, deleted.status_code) in {(200, 200), (404, 200)}
    assert await project.listed() == []
