"""Requests that are refused at once: each with its code and field, and without any change."""

from typing import Any

import pytest

from db.pool import Pool
from schemas import ids
from tests.api.all_objects import an_account, no_change
from tests.api.conftest import ApiCaller
from tests.api.generated.conftest import GeneratingProject

ASSET, CONTENT, ACCOUNT = (
    ids.format_prefixed_id(prefix, ids.new_uuid7())
    for prefix in (ids.ASSET_ID_PREFIX, ids.CONTENT_ID_PREFIX, ids.ACCOUNT_ID_PREFIX)
)

INVALID: tuple[tuple[dict[str, Any], str], ...] = (
    ({"format": "text"}, "format"),
    ({"hook": ""}, "hook"),
    ({"hook": " \n\u200b"}, "hook"),
    ({"hook": "x" * 2001}, "hook"),
    ({"language": "english"}, "language"),
    ({"aspect": "16:9"}, "aspect"),
    ({"format": "video", "seconds": 7}, "seconds"),
    ({"format": "video", "seconds": 61}, "seconds"),
    ({"format": "slideshow", "seconds": 12}, "seconds"),
    ({"format": "image", "voice": "heart"}, "voice"),
    ({"format": "ugc_remix", "voice": "heart"}, "voice"),
    ({"format": "ugc_remix", "aspect": "1:1"}, "aspect"),
    ({"format": "video", "transcript": "Hi"}, "transcript"),
    ({"format": "ugc_remix"}, "mediaIds"),
    ({"mediaIds": [ASSET] * 11}, "mediaIds"),
)
ABSENT = (
    {"mediaIds": [ASSET]},
    {"mediaIds": ["nonsense"]},
    {"sourceContentId": CONTENT},
    {"socialAccountId": ACCOUNT},
    {"socialAccountId": CONTENT},
)


async def test_each_refusal_has_its_code_and_changes_nothing(maker: GeneratingProject, pool: Pool) -> None:
    async with no_change(pool):
        for body, path in INVALID:
            answer = await maker.http.post(f"{maker.path}/content", json={"format": "image"} | body)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (422, "VALIDATION"), body
            assert error["details"]["issues"][0]["path"].partition("[")[0] == path, body
        for body in ABSENT:
            answer = await maker.http.post(f"{maker.path}/content", json={"format": "image"} | body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND"), body


async def test_objects_of_another_organization_are_absent(
    maker: GeneratingProject, rival: ApiCaller, pool: Pool
) -> None:
    project = (await rival.http.post("/v1/projects", json={"name": "B", "timezone": "UTC"})).json()["id"]
    account = await an_account(rival.http, pool, project)
    item = await rival.http.post(f"/v1/projects/{project}/content/upload", files={"caption": (None, "Hi")})
    async with no_change(pool):
        for body in ({"socialAccountId": account}, {"sourceContentId": item.json()["id"]}):
            answer = await maker.http.post(f"{maker.path}/content", json={"format": "image"} | body)
            assert answer.status_code == 404, body


async def test_brand_without_texts_lists_the_missing_fields(acme: ApiCaller, pool: Pool) -> None:
    project = (await acme.http.post("/v1/projects", json={"name": "B", "timezone": "UTC"})).json()["id"]
    async with no_change(pool):
        answer = await acme.http.post(f"/v1/projects/{project}/content", json={"format": "image"})
        assert answer.status_code == 422
        assert "appName" in answer.json()["error"]["details"]["missingFields"]


async def test_a_repeat_with_its_key_starts_nothing(maker: GeneratingProject, pool: Pool) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = [
        await maker.http.post(f"{maker.path}/content", json={"format": "image"}, headers=headers) for _ in range(3)
    ]
    assert len({answer.json()["contentId"] for answer in answers}) == 1
    assert answers[0].headers["Location"] == f"/v1/jobs/{answers[0].json()['jobId']}"
    assert await pool.fetchval("select count(*) from content_item") == 1
    assert await pool.fetchval("select count(*) from job") == 1


async def test_tenant_has_a_limit_of_queued_items(maker: GeneratingProject, pool: Pool) -> None:
    await pool.execute("update pool_cap set max_queued = 2 where pool = 'generate'")
    for _ in range(2):
        await maker.ask()
    async with no_change(pool):
        answer = await maker.http.post(f"{maker.path}/content", json={"format": "image"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")


@pytest.mark.usefixtures("working")
async def test_a_cancel_while_it_is_drawn_ends_the_item(maker: GeneratingProject, pool: Pool) -> None:
    """A video takes long enough that it isn't finished before its cancel."""
    accepted = await maker.ask(format="video")
    tag = (await maker.http.get(f"/v1/jobs/{accepted['jobId']}")).headers["ETag"]
    while (await maker.get(f"/content/{accepted['contentId']}/progress"))["stage"] in {"queued", "planning"}:
        waited = await maker.http.get(
            f"/v1/jobs/{accepted['jobId']}", params={"wait": 5}, headers={"If-None-Match": tag}
        )
        tag = waited.headers["ETag"]
    await maker.http.post(f"/v1/jobs/{accepted['jobId']}/cancel")
    assert (await maker.ended(accepted))["status"] == "canceled"
    item = await maker.get(f"/content/{accepted['contentId']}")
    assert (item["status"], item["assets"], item["lastError"]) == ("canceled", [], None)
    assert await pool.fetchval("select count(*) from media_upload") == 0


async def test_voice_reads_only_its_own_language(maker: GeneratingProject) -> None:
    german = {"appName": "Tideline", "tagline": "Kenne die Tide, bevor du gehst", "primaryLanguage": "de"}
    assert (await maker.http.patch(maker.path, json={"brandContext": german})).is_success
    brand = {"appDescription": "Du siehst Hochwasser und Niedrigwasser für jeden Tag. Geht ohne Netz."}
    assert (await maker.http.patch(maker.path, json={"brandContext": brand})).is_success
    answer = await maker.http.post(f"{maker.path}/content", json={"format": "video", "voice": "heart"})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["issues"][0]["path"] == "voice"
