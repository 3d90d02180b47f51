"""Influencers over HTTP: created from the brand, listed, changed, cloned, deleted."""

from typing import Any

import pytest
import pytest_asyncio

from db.pool import Pool
from domain.influencers import creating
from generation import persona
from schemas import ids
from tests.api.conftest import ApiCaller, list_pages, read_answer
from tests.api.participants import new_project
from tests.api.refusals import reason

BRAND = {"primaryLanguage": "de", "brandVoice": "Formal.", "keywords": ["Gezeiten", "Hafen"], "colors": ["#0b6e99"]}


@pytest_asyncio.fixture
async def project(acme: ApiCaller) -> str:
    """Create a project with a German brand, and return its path."""
    at = f"/v1/projects/{await new_project(acme)}"
    read_answer(await acme.http.patch(at, json={"brandContext": BRAND}))
    return at


async def create_influencer(acme: ApiCaller, project: str, **body: Any) -> dict[str, Any]:
    """Create an influencer without running its job."""
    accepted = read_answer(await acme.http.post(f"{project}/influencers", json=body), 202)
    return await read_influencer(acme, accepted["influencerId"])


async def read_influencer(acme: ApiCaller, influencer_id: str) -> dict[str, Any]:
    return read_answer(await acme.http.get(f"/v1/influencers/{influencer_id}"))


async def test_created_influencer_exists_at_once(acme: ApiCaller, project: str) -> None:
    answer = await acme.http.post(f"{project}/influencers", json={"gender": "female"})
    accepted = answer.json()
    assert answer.headers["Location"] == f"/v1/jobs/{accepted['jobId']}"
    assert (accepted["kind"], accepted["stage"]) == ("influencer_create", "queued")
    one = await read_influencer(acme, accepted["influencerId"])
    assert (one["status"], one["imageUrl"], one["errorMessage"]) == ("pending", None, None)
    assert (one["gender"], one["language"], one["brandVoice"]) == ("female", "de", "Formal.")
    assert one["name"] in persona.persona_first_names("de", "female")
    assert one["topics"] == BRAND["keywords"]
    assert one["discloses"].startswith("Eine digitale")


async def test_a_prompt_chooses_and_is_not_kept(acme: ApiCaller, project: str, pool: Pool) -> None:
    prompt = "An elderly man, playful, who says that he lost 20 kg with it"
    one = await create_influencer(acme, project, prompt=prompt, gender="non_binary", name="Ole")
    chosen = (one["gender"], one["ageRange"], one["brandVoice"], one["name"])
    assert chosen == ("non_binary", "senior", "playful", "Ole")
    for table in ("influencer", "job", "audit_log"):
        assert "20 kg" not in str(await pool.fetch(f"select t::text from {table} t"))


async def test_a_list_has_pages_and_statuses(acme: ApiCaller, project: str, pool: Pool) -> None:
    created = [(await create_influencer(acme, project))["influencerId"] for _ in range(3)]
    assert len({(await read_influencer(acme, one))["name"] for one in created}) == 3
    await acme.http.delete(f"/v1/influencers/{created[0]}")
    ready = ids.parse_prefixed_id(ids.INFLUENCER_ID_PREFIX, created[1])
    await pool.execute("update influencer set status = 'ready' where id = $1", ready)
    listed = await list_pages(acme.http, f"{project}/influencers", limit="1")
    assert [one["influencerId"] for one in listed] == [created[2], created[1]]
    found = await acme.http.get(f"{project}/influencers", params={"status": "ready,failed"})
    assert [one["influencerId"] for one in found.json()["items"]] == [created[1]]


async def test_a_change_makes_a_version_and_an_old_one_is_refused(acme: ApiCaller, project: str) -> None:
    one = await create_influencer(acme, project)
    at = f"/v1/influencers/{one['influencerId']}"
    tag = (await acme.http.get(at)).headers["ETag"]
    change = {"name": "Ole", "brandVoice": "Casual.", "language": "fr-CA"}
    answer = await acme.http.patch(at, json=change, headers={"If-Match": tag})
    own = {name: answer.json()[name] for name in ("discloses", "updatedAt")}
    assert answer.json() == {**one, **change, **own}
    assert own["discloses"] != one["discloses"]
    assert answer.headers["ETag"] != tag
    again = await acme.http.patch(at, json={"name": "Ole"})
    assert again.headers["ETag"] == answer.headers["ETag"]
    old = {"If-Match": tag}
    assert (await acme.http.patch(at, json={"name": "X"}, headers=old)).status_code == 412
    assert (await acme.http.delete(at, headers=old)).status_code == 412
    assert (await acme.http.get(at)).headers["ETag"] == answer.headers["ETag"]


async def test_deleted_influencer_is_not_found(acme: ApiCaller, project: str, pool: Pool) -> None:
    one = await create_influencer(acme, project)
    at = f"/v1/influencers/{one['influencerId']}"
    gone = await acme.http.delete(at)
    assert gone.json()["influencerId"] == one["influencerId"]
    answers = [
        await acme.http.get(at),
        await acme.http.patch(at, json={"name": "X"}),
        await acme.http.delete(at),
        await acme.http.post(f"{at}/clone", json={"name": "X"}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert (await acme.http.get(f"{project}/influencers")).json()["items"] == []
    assert await pool.fetchval("select count(*) from influencer") == 1


async def test_clone_keeps_the_face_and_applies_overrides(acme: ApiCaller, project: str, pool: Pool) -> None:
    one = await create_influencer(acme, project, gender="male", ageRange="adult")
    at = f"/v1/influencers/{one['influencerId']}/clone"
    bare = await acme.http.post(at, json={"name": "Twin"})
    other = {"gender": "female", "brandVoice": "Loud.", "language": "es"}
    changed = await acme.http.post(at, json={"name": "Sister", "overrides": other})
    twin, sister = [await read_influencer(acme, answer.json()["influencerId"]) for answer in (bare, changed)]
    own = ("influencerId", "name", "createdAt", "updatedAt")
    assert {k: v for k, v in twin.items() if k not in own} == {k: v for k, v in one.items() if k not in own}
    assert {name: sister[name] for name in other} == other
    assert (sister["ageRange"], sister["name"]) == ("adult", "Sister")
    seeds = await pool.fetch("select distinct seed from influencer")
    assert len(seeds) == 1


async def test_project_has_a_limit_of_influencers(
    acme: ApiCaller, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creating, "MAX_INFLUENCERS_PER_PROJECT", 1)
    one = await create_influencer(acme, project)
    clone = f"/v1/influencers/{one['influencerId']}/clone"
    for answer in (await acme.http.post(f"{project}/influencers"), await acme.http.post(clone, json={"name": "X"})):
        assert reason(answer) == (409, "CONFLICT", "TOO_MANY_INFLUENCERS")
        assert answer.json()["error"]["details"]["limit"] == 1
    await acme.http.delete(f"/v1/influencers/{one['influencerId']}")
    await create_influencer(acme, project)


async def test_an_archived_project_takes_no_new_one_and_its_jobs_are_canceled(acme: ApiCaller, project: str) -> None:
    one = await create_influencer(acme, project)
    at = f"/v1/influencers/{one['influencerId']}"
    await acme.http.delete(project)
    for answer in (
        await acme.http.post(f"{project}/influencers"),
        await acme.http.post(f"{at}/clone", json={"name": "X"}),
    ):
        assert reason(answer) == (409, "CONFLICT", "PROJECT_ARCHIVED")
    assert (await acme.http.patch(at, json={"name": "Ole"})).status_code == 200
    assert (await acme.http.delete(at)).status_code == 200


async def test_canceled_influencer_fails_until_retried(acme: ApiCaller, project: str) -> None:
    answer = await acme.http.post(f"{project}/influencers")
    accepted = answer.json()
    await acme.http.post(f"/v1/jobs/{accepted['jobId']}/cancel")
    one = await read_influencer(acme, accepted["influencerId"])
    assert one["status"] == "failed"
    assert "canceled" in one["errorMessage"]
    again = [await acme.http.post(f"/v1/jobs/{accepted['jobId']}/retry") for _ in range(2)]
    assert len({answer.json()["jobId"] for answer in again}) == 1
    one = await read_influencer(acme, accepted["influencerId"])
    assert (one["status"], one["errorMessage"]) == ("pending", None)


async def test_a_name_is_kept_on_one_line(acme: ApiCaller, project: str) -> None:
    one = await create_influencer(acme, project, name=" Lena\n")
    at = f"/v1/influencers/{one['influencerId']}"
    clone = (await acme.http.post(f"{at}/clone", json={"name": "Nora\nB"})).json()
    assert [(await read_influencer(acme, created["influencerId"]))["name"] for created in (one, clone)] == [
        "Lena",
        "Nora B",
    ]
    assert (await acme.http.patch(at, json={"name": " Ole "})).json()["name"] == "Ole"
