"""A project's posts, page by page and filtered."""

from typing import Any

import httpx
import pytest

from schemas import ids
from tests import seeds
from tests.api.posts.project import Project, paths, problem


async def listed(project: Project, **params: str) -> list[str]:
    answer = await project.acme.http.get(project.list_path, params=params)
    assert answer.status_code == 200, answer.text
    return [post["id"] for post in answer.json()["items"]]


async def made(project: Project, *hours: float) -> list[str]:
    """Posts of one content to one account, at these times."""
    content, account = await project.content(), await project.account()
    return [
        (
            await project.schedule(content, account, scheduledFor=project.soon(hours=at), allowDuplicate=True)
        ).json()["scheduledPosts"][0]["id"]
        for at in hours
    ]


async def test_pages_are_newest_first_and_stable_while_posts_come(project: Project) -> None:
    found = await made(project, 3, 1, 2, 5, 4)
    first = (await project.acme.http.get(project.list_path, params={"limit": "2"})).json()
    await project.scheduled()
    second = await project.acme.http.get(
        project.list_path, params={"limit": "3", "cursor": first["nextCursor"]}
    )
    shown = [post["id"] for post in first["items"] + second.json()["items"]]
    assert shown == found[::-1]
    assert second.json()["nextCursor"] is None


async def test_an_item_is_what_its_own_address_answers(project: Project) -> None:
    post_id = await project.scheduled()
    [item] = (await project.acme.http.get(project.list_path)).json()["items"]
    assert item == await project.post(post_id)


async def test_filters(project: Project) -> None:
    early, middle, late = await made(project, 1, 2, 3)
    other = await project.scheduled()
    account = (await project.post(early))["socialAccountId"]
    await project.cancel(middle)
    assert await listed(project, status="canceled") == [middle]
    assert await listed(project, status="queued") == [other, late, early]
    assert await listed(project, socialAccountId=account) == [late, middle, early]
    since = (await project.post(middle))["scheduledFor"]
    assert await listed(project, since=since, socialAccountId=account) == [late, middle]
    assert await listed(project, until=since, socialAccountId=account) == [early]
    assert await listed(project, since=since, until=since) == []


async def test_an_archived_project_is_still_read(project: Project) -> None:
    found = await made(project, 1)
    await project.acme.http.delete(project.list_path.removesuffix("/scheduled-posts"))
    assert await listed(project) == found


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"status": "gone"}, "status"),
        ({"since": "2026-12-24"}, "since"),
        ({"since": ""}, "since"),
        ({"until": "2026-12-24T12:00:00+01:00"}, "until"),
        ({"until": "2026-12-32T12:00:00Z"}, "until"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": "0"}, "limit"),
    ],
)
async def test_a_bad_filter_is_named(project: Project, params: dict[str, str], path: str) -> None:
    answer = await project.acme.http.get(project.list_path, params=params)
    assert (problem(answer)[:2], paths(answer)) == ((422, "VALIDATION"), [path])


async def test_accounts_that_are_not_the_projects_are_not_found(project: Project) -> None:
    async with project.pool.acquire() as conn:
        other = await seeds.project(conn, project.org)
    foreign = await project.account("theirs", project_id=other)

    async def said(account: str) -> Any:
        answer = await project.acme.http.get(project.list_path, params={"socialAccountId": account})
        return answer.status_code, answer.json()["error"] | {"requestId": ""}

    assert await said(foreign) == await said(ids.show(ids.ACCOUNT, ids.new()))
    assert (await said(foreign))[0] == 404


async def test_a_rival_finds_neither_the_list_nor_a_post(project: Project) -> None:
    post_id = await project.scheduled()
    http = project.rival.http

    async def answers(list_path: str, post: str) -> list[httpx.Response]:
        url = f"/v1/scheduled-posts/{post}"
        return [
            await http.get(list_path),
            await http.get(url),
            await http.delete(url),
            await http.post(f"{url}/reschedule", json={"scheduledFor": project.soon()}),
            await http.post(f"{url}/resolve", json={"published": True}),
        ]

    made_up = f"/v1/projects/{ids.show(ids.PROJECT, ids.new())}/scheduled-posts"
    theirs = await answers(project.list_path, post_id)
    absent = await answers(made_up, ids.show(ids.POST, ids.new()))
    for foreign, nothing in zip(theirs, absent, strict=True):
        assert foreign.status_code == 404
        assert foreign.json()["error"] | {"requestId": ""} == nothing.json()["error"] | {"requestId": ""}
    assert (await project.post(post_id))["status"] == "queued"
