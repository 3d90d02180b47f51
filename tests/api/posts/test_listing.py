"""Pagination and filters of a project's posts."""

from tests.api.conftest import read_answer
from tests.api.posts.project import PostsProject


async def list_posts(project: PostsProject, **params: str) -> list[str]:
    page = read_answer(await project.acme.http.get(project.list_path, params=params))
    return [post["id"] for post in page["items"]]


async def create_posts(project: PostsProject, *hours: float) -> list[str]:
    """Create posts of one content to one account, at these times."""
    content, account = await project.content(), await project.account()
    return [
        (
            await project.schedule(content, account, scheduledFor=project.time_ahead(hours=at), allowDuplicate=True)
        ).json()["scheduledPosts"][0]["id"]
        for at in hours
    ]


async def test_pages_are_newest_first_and_stable_while_posts_come(project: PostsProject) -> None:
    found = await create_posts(project, 3, 1, 2, 5, 4)
    first = (await project.acme.http.get(project.list_path, params={"limit": "2"})).json()
    await project.schedule_new()
    second = await project.acme.http.get(project.list_path, params={"limit": "3", "cursor": first["nextCursor"]})
    shown = [post["id"] for post in first["items"] + second.json()["items"]]
    assert shown == found[::-1]
    assert second.json()["nextCursor"] is None


async def test_list_item_equals_the_posts_get(project: PostsProject) -> None:
    """Except `waiting`, which is computed only for a single post."""
    post_id = await project.schedule_new()
    [item] = (await project.acme.http.get(project.list_path)).json()["items"]
    post = await project.post(post_id)
    assert item | {"waiting": post["waiting"]} == post


async def test_filters(project: PostsProject) -> None:
    early, middle, late = await create_posts(project, 1, 2, 3)
    other = await project.schedule_new()
    account = (await project.post(early))["socialAccountId"]
    await project.cancel(middle)
    assert await list_posts(project, status="canceled") == [middle]
    assert await list_posts(project, status="queued") == [other, late, early]
    assert await list_posts(project, status="canceled,queued,failed") == [other, late, middle, early]
    assert await list_posts(project, socialAccountId=account) == [late, middle, early]
    content = (await project.post(early))["contentId"]
    assert await list_posts(project, contentId=content) == [late, middle, early]
    assert await list_posts(project, contentId=content, status="canceled") == [middle]
    assert await list_posts(project, contentId=content, socialAccountId=account, status="queued") == [late, early]
    since = (await project.post(middle))["scheduledFor"]
    assert await list_posts(project, since=since, socialAccountId=account) == [late, middle]
    assert await list_posts(project, until=since, socialAccountId=account) == [early]
    assert await list_posts(project, since=since, until=since) == []
