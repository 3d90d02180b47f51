"""A sandbox's accounts behave by their handles, repeatably, and nothing is sent."""

from pathlib import Path

import pytest_asyncio

from domain.media.folder import open_folder_store
from domain.tenancy import organizations
from tests import seeds
from tests.platforms import scripted
from tests.workers.net import SimulatedNetwork
from tests.workers.tasks.publish_post.project import PublishingProject
from workers.platforms.contract import PostInquiry, PostPrepareResult
from workers.platforms.fakes.publish import SandboxAdapter
from workers.platforms.registry import PlatformAdapters


class SandboxProject(PublishingProject):
    @property
    def platforms(self) -> PlatformAdapters:
        return PlatformAdapters({}, SandboxAdapter(), seeds.VAULT, self.store, "http://127.0.0.1:8000")


@pytest_asyncio.fixture
async def sandbox(project: PublishingProject, net: SimulatedNetwork, tmp_path: Path) -> SandboxProject:
    async with project.pool.acquire() as conn:
        org = (await organizations.insert_organization_pair(conn, name="Acme", tier="partner")).sandbox
        project_id = await seeds.project(conn, org)
    store = open_folder_store(f"file:{tmp_path}")
    return SandboxProject(project.pool, project.settings, project.courier, org, project_id, project_id, store)


#: The status and the error of a post by its account's handle. The last one waits for its owner.
OUTCOMES: dict[str, tuple[str, str | None]] = {
    "shop": ("published", None),
    "fail_content": ("failed", "PLATFORM_REJECTED"),
    "unknown_forever": ("outcome_unknown", "OUTCOME_UNKNOWN"),
    "unknown_then_found": ("outcome_unknown", "OUTCOME_UNKNOWN"),
    "fail_auth": ("queued", "TOKEN_REFUSED"),
}


async def test_a_handle_decides_the_outcome(sandbox: SandboxProject) -> None:
    for handle, outcome in OUTCOMES.items():
        post_id = await sandbox.post(account_id=await sandbox.account(handle=handle))
        await sandbox.attempts(most=3)
        row = await sandbox.row(post_id)
        assert (row["status"], row["last_error"] and row["last_error"]["code"]) == outcome, handle
        if handle == "shop":
            assert row["external_url"] == f"https://example.test/mastodon/shop/{post_id}"
    marked = "select handle from social_account where status = 'reauth_required'"
    assert [row["handle"] for row in await sandbox.pool.fetch(marked)] == ["fail_auth"]


async def test_the_same_input_has_the_same_outcome() -> None:
    account, draft = scripted.account(None, "bluesky"), scripted.draft()
    prepared: list[PostPrepareResult] = [await SandboxAdapter().prepare(account, draft) for _ in range(2)]
    assert prepared[0] == prepared[1]
    sent = await SandboxAdapter().send(account, prepared[0], draft, timeout_s=1)
    assert sent == await SandboxAdapter().poll(account, PostInquiry(prepared[1], draft.now, draft.now))
