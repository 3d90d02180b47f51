"""Editing a caption with waiting posts: their platforms must accept it."""

import httpx

from tests.api.all_objects import no_change
from tests.api.conftest import uuid_of
from tests.api.posts.project import PostsProject
from tests.api.refusals import issue_paths, reason


async def edit_caption(project: PostsProject, content: str, caption: str) -> httpx.Response:
    return await project.acme.http.patch(f"/v1/content/{content}", json={"caption": caption})


async def test_caption_that_a_waiting_posts_platform_refuses_is_refused(project: PostsProject) -> None:
    """Each waiting post is listed, whether it waits for its time or for an approval, and nothing changes."""
    bluesky, mastodon = await project.account("a", platform="bluesky"), await project.account("b")
    small = await project.account("c", traits={"captionMax": 50})
    for gate in ("not_required", "pending", "approved"):
        content = await project.content(f"Bread, {gate}", approval_status=gate)
        posts = (await project.schedule(content, bluesky, mastodon, small)).json()["scheduledPosts"]
        async with no_change(project.pool):
            answer = await edit_caption(project, content, "x" * 400)
            assert reason(answer)[:2] == (422, "VALIDATION")
            assert issue_paths(answer) == ["caption"] * 2
            first, second = [issue["message"] for issue in answer.json()["error"]["details"]["issues"]]
            assert first.startswith(posts[0]["id"])
            assert "400 characters and bluesky takes 300" in first
            assert second.startswith(posts[2]["id"])
            assert "400 characters and mastodon takes 50" in second
        assert (await edit_caption(project, content, gate.ljust(50, "x"))).status_code == 200


async def test_only_posts_with_the_caption_are_checked(project: PostsProject) -> None:
    """Posts with their own caption, and sent, failed or canceled posts, aren't checked."""
    content = await project.content()
    account = await project.account(platform="bluesky")
    own = {"socialAccountId": account, "captionOverride": "mine"}
    assert (await project.schedule(content, targets=[own])).status_code == 202
    for status in ("published", "canceled"):
        answer = await project.schedule(content, account, allowDuplicate=True)
        [post] = answer.json()["scheduledPosts"]
        await project.cancel(post["id"])
        if status == "published":
            await project.pool.execute(
                "update scheduled_post set status = 'published', published_at = now(), external_id = '1',"
                " canceled_at = null where id = $1",
                uuid_of(post["id"]),
            )
    assert (await edit_caption(project, content, "x" * 400)).status_code == 200


async def test_unchanged_caption_is_not_checked_again(project: PostsProject) -> None:
    content, account = await project.content("y" * 40), await project.account(traits={"captionMax": 50})
    assert (await project.schedule(content, account)).status_code == 202
    await project.pool.execute("""update social_account set traits = '{"captionMax": 30}'""")
    assert (await edit_caption(project, content, "y" * 40)).status_code == 200
    assert reason(await edit_caption(project, content, "z" * 31))[0] == 422
    assert (await edit_caption(project, content, "z" * 30)).status_code == 200
