"""Disclosure and consent: the AI label of content and posts, and the audience of TikTok posts."""

from typing import Any

from tests.api.conftest import read_answer
from tests.api.posts.project import PostsProject
from tests.api.posts.test_fits import FILM, JPEG, add_files

LEVELS = ["public", "friends", "followers", "private"]


async def create_tiktok_account(project: PostsProject, *levels: str, handle: str = "shop") -> str:
    """Create an account that offers these levels; none: they could not be read."""
    traits = {"privacyLevels": list(levels)} if levels else {}
    return await project.account(handle, platform="tiktok", traits=traits)


async def create_content(project: PostsProject, files: Any = (FILM,), **columns: Any) -> str:
    """Create content of a short video, or of other files."""
    content = await project.content(**columns)
    await add_files(project, content, list(files))
    await project.pool.execute("update content_asset set duration_ms = 4000 where kind = 'video'")
    return content


async def read_content(project: PostsProject, content: str) -> dict[str, Any]:
    return read_answer(await project.acme.http.get(f"/v1/content/{content}"))


async def schedule_post(project: PostsProject, content: str, **target: Any) -> dict[str, Any]:
    accepted = read_answer(await project.schedule(content, targets=[target]), 202)
    return await project.post(accepted["scheduledPosts"][0]["id"])


async def test_direct_tiktok_post_needs_a_privacy_level(project: PostsProject) -> None:
    other, content = await project.account("other", platform="mastodon"), await create_content(project)
    for offered in (["public", "private"], []):
        account = await create_tiktok_account(project, *offered, handle=f"shop{len(offered)}")
        targets = [{"socialAccountId": other, "mode": "draft"}, {"socialAccountId": account}]
        answer = await project.schedule(content, targets=targets)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "VALIDATION")
        assert error["details"]["reason"] == "PRIVACY_REQUIRED"
        choices = [{"path": "targets[1].privacyLevel", "privacyLevels": offered or LEVELS}]
        assert error["details"]["choices"] == choices
        paths = {issue["path"] for issue in error["details"]["issues"]}
        assert paths == {"targets[0].mode", "targets[1].privacyLevel"}
        body = (await project.acme.http.get(f"/v1/social-accounts/{account}")).json()
        assert body["privacyLevels"] == (offered or LEVELS)
    assert await project.pool.fetchval("select count(*) from scheduled_post") == 0
    assert (await project.acme.http.get(f"/v1/social-accounts/{other}")).json()["privacyLevels"] is None


async def test_the_only_level_of_an_account_is_stored_with_the_post(project: PostsProject) -> None:
    """The stored level stays, even if the account offers others later."""
    account = await create_tiktok_account(project, "private")
    post = await schedule_post(project, await create_content(project), socialAccountId=account)
    assert post["privacyLevel"] == "private"
    # A draft asks for no level.
    account = await create_tiktok_account(project, "public", "private", handle="other")
    post = await schedule_post(project, await create_content(project), socialAccountId=account, mode="draft")
    assert post["privacyLevel"] is None


async def test_how_content_was_made_decides_its_label(project: PostsProject) -> None:
    generated: tuple[tuple[dict[str, Any], bool], ...] = (
        ({}, True),  # of a release that recorded nothing
        *(({"made_by": by}, True) for by in ("renderer", "model", "presenter", "voice")),
        ({"made_by": "clip"}, False),
        ({"made_by": "clip", "ai_declared": True}, True),
    )
    cases: tuple[tuple[dict[str, Any], bool], ...] = (
        ({"creative_type": "uploaded"}, False),
        ({"creative_type": "uploaded", "ai_declared": True}, True),
        *(({"creative_type": "generated", **columns}, expected) for columns, expected in generated),
    )
    for number, (columns, expected) in enumerate(cases):
        content = await create_content(project, format="video", **columns)
        found = await read_content(project, content)
        assert (found["aiGenerated"], found["madeBy"]) == (expected, columns.get("made_by")), columns
        account = await project.account(f"shop{number}", platform="instagram")
        post = await schedule_post(project, content, socialAccountId=account)
        assert post["aiLabel"] == ("labelled" if expected else "not_needed")


async def test_post_shows_the_sent_label_and_level(project: PostsProject) -> None:
    for number, (platform, mode, file, label) in enumerate((
        ("instagram", "direct", JPEG, "labelled"),
        ("instagram", "direct", FILM, "labelled"),
        ("tiktok", "direct", FILM, "labelled"),
        ("tiktok", "direct", JPEG, "not_supported"),
        ("tiktok", "draft", FILM, "not_supported"),
        ("mastodon", "direct", JPEG, "not_supported"),
        ("bluesky", "direct", JPEG, "not_supported"),
    )):  # fmt: skip
        made = {"format": "video" if file == FILM else "image", "creative_type": "generated"}
        content = await create_content(project, [file], **made, made_by="model")
        level = {"privacyLevel": "private"} if (platform, mode) == ("tiktok", "direct") else {}
        account = await project.account(f"shop{number}", platform=platform)
        post = await schedule_post(project, content, socialAccountId=account, mode=mode, **level)
        assert post["aiLabel"] == label


async def test_sent_post_keeps_its_label(project: PostsProject) -> None:
    content = await create_content(project, format="video", creative_type="generated")
    account = await project.account(platform="instagram")
    post = await schedule_post(project, content, socialAccountId=account)
    await project.set_columns(post["id"], status="publishing", ai_label="labelled")
    await project.pool.execute("update content_item set made_by = 'clip'")
    assert (await project.post(post["id"]))["aiLabel"] == "labelled"
    await project.set_columns(post["id"], ai_label=None)
    assert (await project.post(post["id"]))["aiLabel"] is None


async def test_a_declaration_is_an_edit(project: PostsProject) -> None:
    """Approved content becomes pending again, its posts wait, and a reviewer sees the new revision."""
    content = await create_content(project, format="video", approval_status="approved")
    account = await project.account(platform="instagram")
    post = await schedule_post(project, content, socialAccountId=account)
    path = f"/v1/content/{content}"
    changed = (await project.acme.http.patch(path, json={"aiGenerated": True})).json()
    assert (changed["aiGenerated"], changed["revision"], changed["approvalStatus"]) == (True, 2, "pending")
    waits = await project.post(post["id"])
    assert (waits["status"], waits["aiLabel"]) == ("blocked", "labelled")
    again = (await project.acme.http.patch(path, json={"aiGenerated": True})).json()
    assert again["revision"] == 2
    back = (await project.acme.http.patch(path, json={"aiGenerated": False})).json()
    assert (back["aiGenerated"], back["revision"]) == (False, 3)


async def test_generated_ai_content_keeps_its_label(project: PostsProject) -> None:
    content = await create_content(project, format="video", creative_type="generated", made_by="renderer")
    answer = await project.acme.http.patch(f"/v1/content/{content}", json={"aiGenerated": False})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["issues"][0]["path"] == "aiGenerated"
    assert (await read_content(project, content))["revision"] == 1
    unchanged = await project.acme.http.patch(f"/v1/content/{content}", json={})
    assert (unchanged.status_code, unchanged.json()["revision"]) == (200, 1)


async def test_an_upload_may_be_declared(project: PostsProject) -> None:
    path = f"/v1/projects/{project.list_path.split('/')[3]}/content/upload"

    async def upload(**said: str) -> Any:
        parts = [("caption", (None, "Bread")), *((name, (None, value)) for name, value in said.items())]
        return await project.acme.http.post(path, files=parts)

    assert (await upload(aiGenerated="true")).json()["aiGenerated"] is True
    assert (await upload(aiGenerated="false")).json()["aiGenerated"] is False
    assert (await upload()).json()["aiGenerated"] is False
    assert (await upload(aiGenerated="maybe")).status_code == 422
