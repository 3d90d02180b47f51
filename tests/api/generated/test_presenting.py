"""Content with an influencer: which one is allowed, and its effect on the item."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from db.pool import Pool
from schemas import ids
from tests.api.conftest import ApiCaller
from tests.api.generated.conftest import GeneratingProject
from tests.api.participants import new_project
from tests.api.refusals import issue_paths, problem, reason


@pytest_asyncio.fixture
async def maya(maker: GeneratingProject, pool: Pool) -> str:
    """Create a ready influencer without drawing it."""
    return await create_influencer(maker.http, maker.path, pool)


async def create_influencer(http: httpx.AsyncClient, project: str, pool: Pool, status: str = "ready") -> str:
    body = {"name": "Maya", "gender": "female", "ageRange": "adult", "prompt": "casual"}
    created: str = (await http.post(f"{project}/influencers", json=body)).json()["influencerId"]
    found = ids.parse_prefixed_id(ids.INFLUENCER_ID_PREFIX, created)
    await http.patch(f"/v1/influencers/{created}", json={"language": "en-GB"})
    message = "no" if status == "failed" else None
    await pool.execute("update influencer set status = $2, error_message = $3 where id = $1", found, status, message)
    return created


async def read_spec(pool: Pool, content_id: str) -> dict[str, Any]:
    """Return the spec of the item's latest revision."""
    brief = await pool.fetchval(
        "select brief from content_generation where content_id = $1 order by revision desc limit 1",
        ids.parse_prefixed_id(ids.CONTENT_ID_PREFIX, content_id),
    )
    spec: dict[str, Any] = brief["spec"]
    return spec


async def test_influencer_sets_face_voice_and_language(maker: GeneratingProject, maya: str, pool: Pool) -> None:
    accepted = await maker.ask(influencerId=maya)
    item = await maker.get(f"/content/{accepted['contentId']}")
    assert item["influencerId"] == maya
    spec = await read_spec(pool, item["id"])
    seed = maya.removeprefix("inf_")
    assert spec["presenter"] == {"name": "Maya", "gender": "female", "ageRange": "adult", "seed": seed}
    assert (spec["brand"]["voice"], spec["language"]) == ("casual", "en-GB")
    other = await maker.ask(influencerId=maya, language="en-US")
    assert (await read_spec(pool, other["contentId"]))["language"] == "en-US"
    voice = "Addresses readers as “you”.\nOpen with a question to readers."
    (await maker.http.patch(maker.path, json={"brandContext": {"brandVoice": voice}})).raise_for_status()
    third = await maker.ask(influencerId=maya)
    assert (await read_spec(pool, third["contentId"]))["brand"]["voice"] == f"casual\n{voice}"


@pytest.mark.usefixtures("working")
async def test_item_names_its_influencer_and_discloses_it(maker: GeneratingProject, maya: str) -> None:
    accepted = await maker.ask(influencerId=maya)
    job = await maker.ended(accepted)
    assert (job["status"], job["error"]) == ("completed", None)
    item = await maker.get(f"/content/{accepted['contentId']}")
    assert "Maya – a digital presenter, not a real person" in item["caption"]


async def test_deleted_influencer_stays_in_its_content(maker: GeneratingProject, maya: str, pool: Pool) -> None:
    accepted = await maker.ask(influencerId=maya)
    first = await read_spec(pool, accepted["contentId"])
    await maker.http.post(f"/v1/jobs/{accepted['jobId']}/cancel")
    await maker.http.delete(f"/v1/influencers/{maya}")
    again = await maker.http.post(f"/v1/content/{accepted['contentId']}/regenerate", json={})
    assert again.status_code == 202, again.text
    second = await read_spec(pool, accepted["contentId"])
    assert second["seed"] != first["seed"]
    assert second["presenter"] == first["presenter"]
    assert (await maker.get(f"/content/{accepted['contentId']}"))["influencerId"] == maya
    answer = await maker.http.post(f"{maker.path}/content", json={"format": "image", "influencerId": maya})
    assert problem(answer)[:2] == (404, "NOT_FOUND")


async def test_influencer_must_be_ready(maker: GeneratingProject, pool: Pool) -> None:
    for status in ("pending", "training", "failed"):
        waiting = await create_influencer(maker.http, maker.path, pool, status)
        body = {"format": "image", "influencerId": waiting}
        answer = await maker.http.post(f"{maker.path}/content", json=body)
        assert reason(answer) == (409, "CONFLICT", "INFLUENCER_NOT_READY")
        assert answer.json()["error"]["details"]["status"] == status
    assert await pool.fetchval("select count(*) from content_item") == 0


async def test_one_of_another_project_or_organization_is_not_found(
    maker: GeneratingProject, acme: ApiCaller, rival: ApiCaller, pool: Pool
) -> None:
    others = [
        await create_influencer(acme.http, f"/v1/projects/{await new_project(acme)}", pool),
        await create_influencer(rival.http, f"/v1/projects/{await new_project(rival)}", pool),
        ids.format_prefixed_id(ids.INFLUENCER_ID_PREFIX, ids.new_uuid7()),
        "cnt_x",
    ]
    for one in others:
        answer = await maker.http.post(f"{maker.path}/content", json={"format": "image", "influencerId": one})
        assert problem(answer)[:2] == (404, "NOT_FOUND")
        assert issue_paths(answer) == ["influencerId"]
    assert await pool.fetchval("select count(*) from content_item") == 0
