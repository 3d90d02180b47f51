"""App media: stored fields, the current files, deletion."""

import asyncio
import hashlib
from xml.etree import ElementTree as ET

import pytest

from db.pool import Pool
from domain.media import app_media_limits, uploads
from domain.media.storage import open_media_store
from schemas.settings import Settings
from tests import media
from tests.api.app_media.project import LOGO, SCREEN, SVG, AppMediaProject
from tests.api.conftest import ApiCaller
from tests.api.refusals import reason


async def test_uploaded_file_is_ready_at_once(project: AppMediaProject) -> None:
    answer = await project.send(LOGO, kind="logo")
    created = answer.json()
    assert answer.status_code == 201, created
    assert answer.headers["Location"] == f"{project.path}/{created['assetId']}"
    assert created == {
        "assetId": created["assetId"],
        "projectId": project.id,
        "kind": "logo",
        "origin": "partner",
        "status": "ready",
        "current": True,
        "url": created["url"],
        "mimeType": "image/png",
        "width": 64,
        "height": 64,
        "role": "logo",
        "roleSource": "detected",
        "durationMs": None,
        "sizeBytes": len(LOGO),
        "checksumSha256": hashlib.sha256(LOGO).hexdigest(),
        **dict.fromkeys(("transcript", "sourceUrl", "jobId", "error")),
        "createdAt": created["createdAt"],
        "updatedAt": created["createdAt"],
    }
    assert (await project.caller.http.get(answer.headers["Location"])).json() == created
    assert await project.listed() == [created]
    assert (await project.caller.http.get(created["url"])).content == LOGO


async def test_demo_video_has_a_duration_and_a_transcript(project: AppMediaProject) -> None:
    item = await project.made(media.film(), "demo_video", transcript="Tap, and it is done.")
    assert (item["durationMs"], item["transcript"]) == (1500, "Tap, and it is done.")
    file_first = [("file", ("a.png", LOGO)), ("kind", (None, b"screenshot"))]
    answer = await project.caller.http.post(project.path, files=file_first)
    assert answer.json()["kind"] == "screenshot"


async def test_svg_is_stored_without_active_content(project: AppMediaProject) -> None:
    """Scripts, links and event handlers are removed, and browsers are told to run nothing."""
    item = await project.made(SVG)
    assert (item["mimeType"], item["width"], item["height"]) == ("image/svg+xml", 40, 20)
    answer = await project.caller.http.get(item["url"])
    assert hashlib.sha256(answer.content).hexdigest() == item["checksumSha256"]
    names = [one.tag.rpartition("}")[2] for one in ET.fromstring(answer.content).iter()]
    assert names == ["svg", "rect"]
    assert not any(word in answer.text for word in ("alert", "evil", "onload", "script"))
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_newest_file_of_a_kind_is_current_and_screenshots_keep_their_order(project: AppMediaProject) -> None:
    first, second = await project.made(), await project.made(media.picture("WEBP"))
    screens = [await project.made(SCREEN, "screenshot") for _ in range(11)]
    current = {one["assetId"]: one["current"] for one in await project.listed()}
    assert (current[first["assetId"]], current[second["assetId"]]) == (False, True)
    assert [current[one["assetId"]] for one in screens] == [True] * 10 + [False]
    await project.delete(second["assetId"])
    assert [one["current"] for one in await project.listed(kind="logo")] == [True]


async def test_project_has_limits_of_files_and_bytes(project: AppMediaProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        app_media_limits, "MAX_APP_MEDIA_FILES_BY_KIND", {**app_media_limits.MAX_APP_MEDIA_FILES_BY_KIND, "logo": 2}
    )
    answers = await asyncio.gather(*(project.send(LOGO, kind="logo") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert reason(refused)[2] == "TOO_MUCH_APP_MEDIA"
    assert len(project.kept.names()) == 2
    monkeypatch.setattr(app_media_limits, "MAX_APP_MEDIA_BYTES_PER_PROJECT", 2 * len(LOGO) + 1)
    assert reason(await project.send(LOGO, kind="end_card"))[2] == "TOO_MUCH_APP_MEDIA"


async def test_one_of_concurrent_deletions_succeeds_and_the_file_is_pruned(
    project: AppMediaProject, pool: Pool, settings: Settings
) -> None:
    item = await project.made()
    answers = await asyncio.gather(*(project.delete(item["assetId"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    [deleted] = [answer.json() for answer in answers if answer.is_success]
    assert deleted["assetId"] == item["assetId"]
    assert await pool.fetchval("select count(*) from media_upload") == 1
    assert (await project.caller.http.get(item["url"])).status_code == 404
    assert await project.listed() == []
    async with pool.acquire() as conn:
        await uploads.prune_stale_uploads(conn, open_media_store(settings))
    assert project.kept.names() == []


async def test_a_repeat_gets_the_first_answer(project: AppMediaProject) -> None:
    key = {"Idempotency-Key": "k"}
    first, again = [await project.send(LOGO, kind="logo", headers=key) for _ in range(2)]
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await project.send(LOGO, kind="end_card", headers=key)).status_code == 409
    assert len(await project.listed()) == len(project.kept.names()) == 1
    asset_id = first.json()["assetId"]
    gone, repeat = [await project.delete(asset_id, Idempotency_Key="d") for _ in range(2)]
    assert (repeat.status_code, repeat.content) == (200, gone.content)


async def test_archived_project_refuses_files_and_lists_existing_ones(project: AppMediaProject) -> None:
    item = await project.made()
    await project.archive()
    assert reason(await project.send(LOGO, kind="logo"))[2] == "PROJECT_ARCHIVED"
    by_url = {"kind": "logo", "url": "https://example.com/a.png"}
    assert reason(await project.caller.http.post(project.path, json=by_url))[2] == "PROJECT_ARCHIVED"
    assert await project.listed() == [item]
    assert len(project.kept.names()) == 1


async def test_uploads_race_an_archive(project: AppMediaProject) -> None:
    """Uploads before the archive are stored, later ones are refused, and nothing else is stored."""
    sending = [asyncio.create_task(project.send(LOGO, kind="logo")) for _ in range(6)]
    await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    await project.archive()
    statuses = [(await answer).status_code for answer in sending]
    assert {*statuses} <= {201, 409}
    assert len(await project.listed()) == len(project.kept.names()) == statuses.count(201)


async def test_stored_bytes_count_for_their_organization(project: AppMediaProject, rival: ApiCaller) -> None:
    async def used(caller: ApiCaller) -> int:
        return int((await caller.http.get("/v1/whoami")).json()["storage"]["usedBytes"])

    await project.made()
    await project.made(SCREEN, "screenshot")
    assert (await used(project.caller), await used(rival)) == (len(LOGO) + len(SCREEN), 0)
