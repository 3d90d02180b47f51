"""A sandbox's accounts behave by their handles, repeatably, and nothing is sent."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from domain.media.folder import open_folder
from domain.tenancy import organizations
from jobs.kinds import RECONCILE_POST
from tests import seeds
from tests.platforms import scripted
from tests.workers.net import SimulatedNetwork
from tests.workers.tasks.publish_post.project import PublishingProject
from workers.platforms.contract import Inquiry, PreparedPost
from workers.platforms.fakes.publish import SandboxAdapter
from workers.platforms.registry import Platforms


class SandboxProject(PublishingProject):
    @property
    def platforms(self) -> Platforms:
        return Platforms({}, SandboxAdapter(), seeds.VAULT, self.store, "http://127.0.0.1:8000")


@pytest_asyncio.fixture
async def sandbox(project: PublishingProject, net: SimulatedNetwork, tmp_path: Path) -> SandboxProject:
    async with project.pool.acquire() as conn:
        org = (await organizations.create(conn, name="Acme", tier="partner")).sandbox
        project_id = await seeds.project(conn, org)
    store = open_folder(f"file:{tmp_path}")
    return SandboxProject(project.pool, project.settings, project.courier, org, project_id, project_id, store)


async def sent(sandbox: SandboxProject, handle: str) -> tuple[UUID, list[str]]:
    """Publish a post by the account of this handle; return the outcomes of its attempts."""
    account_id = await sandbox.account(handle=handle)
    post_id = await sandbox.post(account_id=account_id)
    return post_id, await sandbox.attempts(most=3)


@pytest.mark.parametrize(
    ("handle", "status", "code"),
    [
        ("shop", "published", None),
        ("fail_content", "failed", "PLATFORM_REJECTED"),
        ("unknown_forever", "outcome_unknown", "OUTCOME_UNKNOWN"),
        ("unknown_then_found", "outcome_unknown", "OUTCOME_UNKNOWN"),
        ("fail_auth", "queued", "TOKEN_REFUSED"),
    ],
)
async def test_a_handle_decides_the_outcome(
    sandbox: SandboxProject, handle: str, status: str, code: str | None
) -> None:
    post_id, _ = await sent(sandbox, handle)
    row = await sandbox.row(post_id)
    assert (row["status"], row["last_error"] and row["last_error"]["code"]) == (status, code)
    if status == "published":
        assert row["external_url"] == f"https://example.test/mastodon/shop/{post_id}"
    account = "select status from social_account where handle = 'fail_auth'"
    assert await sandbox.pool.fetchval(account) == ("reauth_required" if handle == "fail_auth" else None)


async def test_a_rate_limit_ends_five_seconds_after_the_posts_time(sandbox: SandboxProject) -> None:
    account_id = await sandbox.account(handle="rate_limited")
    post_id = await sandbox.post(account_id=account_id)
    assert await sandbox.attempt() == "snoozed"
    ends = "select cooldown_until from social_account where handle = 'rate_limited'"
    until, begun = await sandbox.pool.fetchval(ends), (await sandbox.row(post_id))["created_at"]
    assert begun <= until - timedelta(seconds=5) <= await sandbox.clock()
    await sandbox.pool.execute(
        "update scheduled_post set scheduled_for = scheduled_for - interval '5 seconds'"
    )
    await sandbox.skip_waits()
    assert await sandbox.attempts() == ["completed"]
    assert (await sandbox.row(post_id))["status"] == "published"


@pytest.mark.parametrize(("handle", "found"), [("unknown_then_found", True), ("unknown_forever", False)])
async def test_a_lost_answer_is_found_at_the_first_ask_or_never(
    sandbox: SandboxProject, handle: str, found: bool
) -> None:
    post_id, _ = await sent(sandbox, handle)
    await sandbox.pool.execute("update scheduled_post set sent_at = sent_at - interval '30 seconds'")
    await sandbox.make_query_due()
    assert await sandbox.attempt(kind=RECONCILE_POST) == ("completed" if found else "snoozed")
    assert (await sandbox.row(post_id))["status"] == ("published" if found else "outcome_unknown")


async def test_the_same_input_has_the_same_outcome() -> None:
    account, draft = scripted.account(None, "bluesky"), scripted.draft()
    prepared: list[PreparedPost] = [await SandboxAdapter().prepare(account, draft) for _ in range(2)]
    assert prepared[0] == prepared[1]
    sent = await SandboxAdapter().send(account, prepared[0], draft, timeout_s=1)
    assert sent == await SandboxAdapter().poll(account, Inquiry(prepared[1], draft.now, draft.now))
