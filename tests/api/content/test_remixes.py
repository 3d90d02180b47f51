"""Requests for remixes: a clip of the project's content, with its spoken text."""

from typing import Any

import httpx

from db.pool import Pool
from tests import media
from tests.api.content.project import UploadProject, file, film
from tests.api.refusals import assert_refused

#: The smallest and shortest clip that a remix allows.
CLIP = media.film(ms=3000, size=(240, 240))

SAID = "I swim every week. Now I look the tide up before I go."
BRAND = {"appName": "Tideline", "tagline": "Know the tide before you go"}


async def request_remix(project: UploadProject, **fields: Any) -> httpx.Response:
    changed = await project.caller.http.patch(f"/v1/projects/{project.id}", json={"brandContext": BRAND})
    assert changed.status_code == 200, changed.text
    return await project.caller.http.post(project.path, json={"format": "ugc_remix"} | fields)


async def read_briefs(pool: Pool) -> list[dict[str, Any]]:
    rows = await pool.fetch("select brief from content_generation")
    return [row["brief"] for row in rows]


async def test_clip_and_transcript_are_stored_for_the_job(project: UploadProject, pool: Pool) -> None:
    uploaded = await project.made(film(CLIP))
    [asset] = uploaded["assets"]
    for source in ({"mediaIds": [asset["assetId"]]}, {"sourceContentId": uploaded["id"]}):
        answer = await request_remix(project, transcript=SAID, seconds=20, **source)
        assert answer.status_code == 202, answer.text
    first, second = await read_briefs(pool)
    assert first["files"] == second["files"]
    assert first["files"]["clip"]
    assert [(one["spec"]["transcript"], one["spec"]["seconds"]) for one in (first, second)] == 2 * [(SAID, 20)]


async def test_unusable_clip_is_refused(project: UploadProject, pool: Pool) -> None:
    picture = await project.made(file())
    [asset] = picture["assets"]
    refusals: list[tuple[dict[str, Any], str]] = [
        ({}, "mediaIds"),
        ({"mediaIds": [asset["assetId"]]}, "mediaIds"),
        ({"sourceContentId": picture["id"]}, "mediaIds"),
        ({"format": "image", "transcript": SAID}, "transcript"),
        ({"transcript": "x" * 5_001}, "transcript"),
    ]
    for fields, path in refusals:
        answer = await request_remix(project, **fields)
        assert_refused(answer, 422, "VALIDATION", path)
    assert await read_briefs(pool) == []
