"""Content and decisions over HTTP, as a caller sees them; tests/domain tests the rules."""

from typing import Any

from litestar import Litestar

from db.pool import Pool
from tests.api.conftest import client_of, new_key, read_answer
from tests.api.content.project import UploadProject, file, film, text
from tests.api.refusals import reason


async def patch_policy(project: UploadProject, **fields: Any) -> dict[str, Any]:
    return read_answer(await project.caller.http.patch(f"/v1/projects/{project.id}/approval-policy", json=fields))


async def upload_item(project: UploadProject, caption: str = "Fresh bread") -> str:
    return f"/v1/content/{(await project.made(text('caption', caption)))['id']}"


async def test_list_items_are_complete(project: UploadProject) -> None:
    """Content with files may lose its caption."""
    item = await project.made(film(), text("caption", "Bread"))
    assert (await project.caller.http.get(project.path)).json()["items"] == [item]
    answer = await project.caller.http.patch(f"/v1/content/{item['id']}", json={"caption": ""})
    assert (answer.status_code, answer.json()["caption"]) == (200, "")


async def test_edit_needs_the_current_revision(project: UploadProject) -> None:
    path = await upload_item(project)
    edited = await project.caller.http.patch(path, json={"caption": "Cake"}, headers={"If-Match": '"1"'})
    assert (edited.status_code, edited.headers["ETag"]) == (200, '"2"')
    assert (edited.json()["caption"], edited.json()["revision"]) == ("Cake", 2)
    late = await project.caller.http.patch(path, json={"caption": "Pie"}, headers={"If-Match": '"1"'})
    assert reason(late)[:2] == (412, "PRECONDITION_FAILED")
    read = await project.caller.http.get(path)
    assert (read.json(), read.headers["ETag"]) == (edited.json(), '"2"')


async def test_a_policy_is_read_changed_and_shown_with_its_project(project: UploadProject) -> None:
    path = f"/v1/projects/{project.id}/approval-policy"
    before = {"requiresApproval": False, "firstNPostsBlocked": 0, "currentBlockedCount": 0}
    assert (await project.caller.http.get(path)).json() == before
    assert await patch_policy(project, requiresApproval=True) == before | {"requiresApproval": True}
    await project.made(file())
    await project.made(file())
    after = await patch_policy(project, firstNPostsBlocked=50)
    assert after == {"requiresApproval": True, "firstNPostsBlocked": 50, "currentBlockedCount": 2}
    assert await patch_policy(project) == after
    shown = (await project.caller.http.get(f"/v1/projects/{project.id}")).json()
    assert after.items() <= shown.items()
    [listed] = (await project.caller.http.get("/v1/projects")).json()["items"]
    assert listed == shown


async def test_approval_names_the_reviewed_revision(project: UploadProject) -> None:
    await patch_policy(project, requiresApproval=True)
    path = await upload_item(project)
    await project.caller.http.patch(path, json={"caption": "Cake"})
    late = await project.caller.http.post(f"{path}/approve", json={"revision": 1})
    assert reason(late) == (409, "CONFLICT", "VERSION_MISMATCH")
    answer = await project.caller.http.post(f"{path}/approve", json={"revision": 2, "note": "Lovely"})
    decision = answer.json()["decision"]
    assert answer.json()["approvalStatus"] == "approved"
    assert decision == {
        "decision": "approved",
        "revision": 2,
        "note": "Lovely",
        "decidedAt": decision["decidedAt"],
        "decidedBy": (await project.caller.http.get("/v1/whoami")).json()["apiKeyId"],
    }
    assert decision["decidedAt"].endswith("Z")
    assert (await project.caller.http.get(path)).json() == answer.json()
    again = await project.caller.http.post(f"{path}/reject", json={"reason": "No"})
    assert reason(again) == (409, "CONFLICT", "ALREADY_DECIDED")


async def test_writing_key_cannot_approve(project: UploadProject, app: Litestar, pool: Pool) -> None:
    """The key can't loosen the policy either, which would have the same effect. An approval needs no body."""
    await patch_policy(project, requiresApproval=True)
    path = await upload_item(project)
    key = await new_key(pool, project.caller.organization_id, scopes=("content:read", "content:write"))
    async with client_of(app, key) as writer:
        for method, where in (
            ("POST", f"{path}/approve"),
            ("POST", f"{path}/reject"),
            ("PATCH", f"/v1/projects/{project.id}/approval-policy"),
        ):
            answer = await writer.request(method, where, json={"requiresApproval": False})
            assert reason(answer)[:2] == (403, "FORBIDDEN_SCOPE")
            assert answer.json()["error"]["details"] == {"requiredScope": "content:approve"}
        assert (await writer.patch(path, json={"caption": "Cake"})).status_code == 200
    approved = await project.caller.http.post(f"{path}/approve")
    assert approved.json()["approvalStatus"] == "approved"
