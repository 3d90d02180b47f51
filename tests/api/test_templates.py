"""Templates over HTTP: stored in versions, refused with lines, used by content, previewed, deleted."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from db.pool import Pool
from domain.content import templates
from jobs.kinds import PREVIEW_TEMPLATE_KIND
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, list_pages, read_answer
from tests.api.participants import new_project
from tests.api.refusals import reason
from tests.generation.looks.templates import TEMPLATE, template
from tests.workers.runtime.workers import at_work
from workers.tasks import TASK_OPENER_BY_KIND

BRAND = {
    "appName": "Tideline",
    "tagline": "Know the tide before you go",
    "appDescription": "See high and low water for each day. Works without a connection. No account is needed.",
}
NEXT = TEMPLATE.replace("left:90px", "left:100px")


@pytest_asyncio.fixture
async def project(acme: ApiCaller) -> str:
    """Create a project with a brand, and return its path."""
    at = f"/v1/projects/{await new_project(acme)}"
    read_answer(await acme.http.patch(at, json={"brandContext": BRAND}))
    return at


async def store(caller: ApiCaller, at: str, html: str = TEMPLATE, name: str = "harbour") -> dict[str, Any]:
    return read_answer(await caller.http.post(f"{at}/templates", json={"name": name, "html": html}), 201)


async def brief(pool: Pool, revision: int = 1) -> dict[str, Any]:
    found = await pool.fetchval("select brief from content_generation where revision = $1", revision)
    return dict(found)


async def test_a_name_gets_versions_that_never_change(acme: ApiCaller, project: str) -> None:
    first = await store(acme, project)
    assert (first["version"], first["header"]["kinds"]) == (1, ["hook", "point", "end"])
    assert (await store(acme, project))["version"] == 1
    second = await store(acme, project, NEXT)
    assert (second["templateId"], second["version"]) == (first["templateId"], 2)
    at = f"/v1/templates/{first['templateId']}"
    assert read_answer(await acme.http.get(at))["html"] == NEXT
    old = read_answer(await acme.http.get(at, params={"version": 1}))
    assert old == {**first, "html": TEMPLATE}
    assert (await acme.http.get(at, params={"version": 3})).status_code == 404


async def test_concurrent_versions_are_all_kept(acme: ApiCaller, project: str) -> None:
    files = [TEMPLATE.replace("left:90px", f"left:{number}px") for number in range(90, 96)]
    answers = await asyncio.gather(*(store(acme, project, html) for html in files))
    assert sorted(one["version"] for one in answers) == [1, 2, 3, 4, 5, 6]
    for one, html in zip(answers, files, strict=True):
        at = f"/v1/templates/{one['templateId']}"
        assert read_answer(await acme.http.get(at, params={"version": one["version"]}))["html"] == html


async def test_findings_are_refused_with_their_lines_and_change_nothing(
    acme: ApiCaller, project: str, pool: Pool
) -> None:
    html = template(style=".a{background:url(https://a.example)}", markup="<script></script>")
    answer = await acme.http.post(f"{project}/templates", json={"name": "harbour", "html": html})
    assert answer.status_code == 422
    issues = answer.json()["error"]["details"]["issues"]
    assert [(one["code"], one["line"]) for one in issues] == [("URL_NOT_ALLOWED", 13), ("ELEMENT_NOT_ALLOWED", 17)]
    assert await pool.fetchval("select count(*) from content_template") == 0


async def test_owners_are_apart_and_lists_have_pages(acme: ApiCaller, rival: ApiCaller, project: str) -> None:
    own = [await store(acme, project, name=f"harbour-{number}") for number in range(3)]
    shared = await store(acme, "/v1", name="harbour-0")
    listed = await list_pages(acme.http, f"{project}/templates", limit="1")
    assert [one["templateId"] for one in listed] == [one["templateId"] for one in reversed(own)]
    assert [one["templateId"] for one in await list_pages(acme.http, "/v1/templates")] == [shared["templateId"]]
    assert (await rival.http.get("/v1/templates")).json()["items"] == []
    at = f"/v1/templates/{shared['templateId']}"
    assert {(await rival.http.get(at)).status_code, (await rival.http.delete(at)).status_code} == {404}


async def test_each_owner_has_a_limit_of_templates_and_versions(
    acme: ApiCaller, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MAX_TEMPLATES_PER_OWNER", 1)
    monkeypatch.setattr(templates, "MAX_VERSIONS_PER_TEMPLATE", 1)
    for at in (project, "/v1"):
        stored = await store(acme, at)
        for name, html, code in (("quay", TEMPLATE, "TOO_MANY_TEMPLATES"), ("harbour", NEXT, "TOO_MANY_VERSIONS")):
            answer = await acme.http.post(f"{at}/templates", json={"name": name, "html": html})
            assert reason(answer) == (409, "CONFLICT", code)
        await acme.http.delete(f"/v1/templates/{stored['templateId']}")
        assert (await store(acme, at, name="quay"))["version"] == 1


async def test_content_keeps_the_version_that_it_was_asked_with(acme: ApiCaller, project: str, pool: Pool) -> None:
    stored = await store(acme, "/v1")
    body = {"format": "slideshow", "template": stored["templateId"]}
    accepted = read_answer(await acme.http.post(f"{project}/content", json=body), 202)
    await store(acme, "/v1", NEXT)
    kept = (await brief(pool))["spec"]["template"]
    assert (kept["version"], kept["html"], kept["name"]) == (1, TEMPLATE, "harbour")
    await acme.http.delete(f"/v1/templates/{stored['templateId']}")
    await acme.http.post(f"/v1/jobs/{accepted['jobId']}/cancel")
    await acme.http.post(f"/v1/content/{accepted['contentId']}/regenerate")
    assert (await brief(pool))["spec"]["template"]["version"] == 2


async def test_a_deleted_or_foreign_template_makes_no_content(acme: ApiCaller, rival: ApiCaller, project: str) -> None:
    stored = await store(acme, project)
    other = f"/v1/projects/{await new_project(acme)}"
    await acme.http.patch(other, json={"brandContext": BRAND})
    body = {"format": "image", "template": stored["templateId"]}
    assert (await acme.http.post(f"{other}/content", json=body)).status_code == 404
    theirs = f"/v1/projects/{await new_project(rival)}"
    assert (await rival.http.post(f"{theirs}/content", json=body)).status_code == 404
    at = f"/v1/templates/{stored['templateId']}"
    gone = read_answer(await acme.http.delete(at))
    assert read_answer(await acme.http.delete(at)) == gone
    assert (await acme.http.post(f"{project}/content", json=body)).status_code == 404
    assert read_answer(await acme.http.get(at))["deletedAt"] == gone["deletedAt"]
    assert (await acme.http.get(f"{project}/templates")).json()["items"] == []


async def test_a_look_is_asked_for_by_its_name_and_only_pictures_have_one(
    acme: ApiCaller, project: str, pool: Pool
) -> None:
    read_answer(await acme.http.post(f"{project}/content", json={"format": "image", "template": "quote"}), 202)
    spec = (await brief(pool))["spec"]
    assert (spec["looks"], spec["template"]) == (["quote"], None)
    for format_, name, status in (("image", "no-look", 404), ("video", "quote", 422)):
        answer = await acme.http.post(f"{project}/content", json={"format": format_, "template": name})
        assert answer.status_code == status


async def test_an_archived_project_takes_no_template(acme: ApiCaller, project: str) -> None:
    stored = await store(acme, project)
    await acme.http.delete(project)
    answers = [
        await acme.http.post(f"{project}/templates", json={"name": "quay", "html": TEMPLATE}),
        await acme.http.post(f"{project}/templates/{stored['templateId']}/preview"),
    ]
    assert {reason(answer) for answer in answers} == {(409, "CONFLICT", "PROJECT_ARCHIVED")}
    assert (await acme.http.delete(f"/v1/templates/{stored['templateId']}")).status_code == 200


async def test_only_the_last_deleted_ones_are_kept(
    acme: ApiCaller, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MAX_DELETED_TEMPLATES_PER_OWNER", 1)
    stored = []
    for _ in range(2):
        stored.append(await store(acme, project))
        await acme.http.delete(f"/v1/templates/{stored[-1]['templateId']}")
    found = [(await acme.http.get(f"/v1/templates/{one['templateId']}")).status_code for one in stored]
    assert found == [404, 200]


async def test_a_preview_draws_the_brand_and_makes_no_content(
    acme: ApiCaller, project: str, settings: Settings, pool: Pool
) -> None:
    stored = await store(acme, project)
    at = f"{project}/templates/{stored['templateId']}/preview"
    accepted = read_answer(await acme.http.post(at, json={"aspect": "1:1"}), 202)
    assert (await acme.http.post(at, json={"aspect": "1:1"})).json()["jobId"] == accepted["jobId"]
    async with at_work(settings, pool, {PREVIEW_TEMPLATE_KIND: TASK_OPENER_BY_KIND[PREVIEW_TEMPLATE_KIND]}):
        job = (await acme.http.get(f"/v1/jobs/{accepted['jobId']}", params={"wait": 30})).json()
    assert job["status"] == "completed", job
    files = job["result"]["files"]
    assert len(files) >= 3
    assert {(one["width"], one["height"]) for one in files} == {(1080, 1080)}
    assert not [one for one in job["result"]["warnings"] if one.startswith("template_unused")]
    path = files[0]["url"].removeprefix(settings.public_url)
    assert (await acme.http.get(path)).headers["Content-Type"] == "image/jpeg"
    assert await pool.fetchval("select count(*) from content_item") == 0
