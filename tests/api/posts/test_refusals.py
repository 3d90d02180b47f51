"""Refused schedules: each with its code, all errors at once, and without any change."""

from typing import Any

from schemas import ids
from tests import seeds
from tests.api.all_objects import no_change
from tests.api.posts.project import PostsProject
from tests.api.refusals import issue_paths, reason


async def test_unknown_accounts_are_named_all_at_once(project: PostsProject) -> None:
    content, mine = await project.content(), await project.account()
    made_up, wrong = ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, ids.new_uuid7()), content
    async with no_change(project.pool):
        for send in (project.schedule, project.publish):
            answer = await send(content, made_up, mine, wrong, "nonsense")
            assert reason(answer)[:2] == (404, "NOT_FOUND")
            assert issue_paths(answer) == [f"targets[{number}].socialAccountId" for number in (0, 2, 3)]


async def test_rivals_account_looks_like_an_unknown_one(project: PostsProject) -> None:
    async with project.pool.acquire() as conn:
        rivals = await seeds.project(conn, project.rival.organization_id)
        theirs = await seeds.account(conn, project.rival.organization_id, rivals)
    content, made_up = await project.content(), ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, ids.new_uuid7())
    answers = [
        await project.schedule(content, account)
        for account in (ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, theirs), made_up)
    ]
    errors = [answer.json()["error"] | {"requestId": ""} for answer in answers]
    assert errors[0] == errors[1]
    assert reason(answers[0])[:2] == (404, "NOT_FOUND")


async def test_every_misfit_of_every_target_is_listed(project: PostsProject) -> None:
    """Every platform's refusals are checked at scheduling, target by target."""
    bluesky, mastodon = await project.account("a", platform="bluesky"), await project.account("b")
    small = await project.account("c", traits={"captionMax": 50})
    content = await project.content("x" * 400)
    async with no_change(project.pool):
        targets: list[dict[str, Any]] = [
            {"socialAccountId": bluesky},
            {"socialAccountId": mastodon},
            {"socialAccountId": small, "captionOverride": "y" * 51},
            {"socialAccountId": mastodon, "captionOverride": "\N{BREAD}" * 500, "mode": "draft"},
        ]
        answer = await project.schedule(content, targets=targets)
        assert reason(answer)[:2] == (422, "VALIDATION")
        assert issue_paths(answer) == [
            "targets[0].socialAccountId",
            "targets[2].captionOverride",
            "targets[3].socialAccountId",
            "targets[3].mode",
        ]
        messages = [issue["message"] for issue in answer.json()["error"]["details"]["issues"]]
        assert "400 characters and bluesky takes 300" in messages[0]
        assert messages[2] == "is given twice"
        empty = [{"socialAccountId": mastodon, "captionOverride": " "}]
        answer = await project.schedule(content, targets=empty)
        assert (reason(answer)[:2], issue_paths(answer)) == ((422, "VALIDATION"), ["targets[0].captionOverride"])


async def test_disconnected_accounts_are_named_all_at_once(project: PostsProject) -> None:
    content, (one, two, three) = await project.content(), await project.accounts(3)
    for account in (one, three):
        assert (await project.acme.http.delete(f"/v1/social-accounts/{account}")).status_code == 200
    async with no_change(project.pool):
        answer = await project.schedule(content, one, two, three)
        assert reason(answer) == (409, "CONFLICT", "ACCOUNT_NOT_CONNECTED")
        assert issue_paths(answer) == ["targets[0].socialAccountId", "targets[2].socialAccountId"]


async def test_unpublishable_content_is_refused(project: PostsProject) -> None:
    account = await project.account()
    for columns, refused in (
        ({"approval_status": "rejected"}, (409, "CONTENT_REJECTED", None)),
        ({"status": "processing"}, (409, "CONFLICT", "CONTENT_NOT_READY")),
        ({"status": "failed"}, (409, "CONFLICT", "CONTENT_NOT_READY")),
        ({"approval_status": "pending"}, (403, "APPROVAL_REQUIRED", None)),
    ):
        content = await project.content(**columns)
        async with no_change(project.pool):
            answer = await project.publish(content, account)
            assert reason(answer) == refused
            if columns == {"approval_status": "pending"}:
                assert answer.json()["error"]["details"] == {"approvalStatus": "pending"}
            else:
                assert reason(await project.schedule(content, account)) == refused


async def test_nothing_is_scheduled_in_an_archived_project(project: PostsProject) -> None:
    content, account = await project.content(), await project.account()
    await project.acme.http.delete(project.list_path.removesuffix("/scheduled-posts"))
    async with no_change(project.pool):
        for send in (project.schedule, project.publish):
            assert reason(await send(content, account)) == (409, "CONFLICT", "PROJECT_ARCHIVED")


async def test_full_queue_refuses_all_targets(project: PostsProject) -> None:
    content, accounts = await project.content(), await project.accounts(3)
    await project.pool.execute("update pool_cap set max_queued = 2 where tier = 'partner' and pool = 'publish'")
    async with no_change(project.pool):
        answer = await project.publish(content, *accounts)
        assert reason(answer)[:2] == (429, "RATE_LIMITED")
    assert (await project.schedule(content, *accounts)).status_code == 202
