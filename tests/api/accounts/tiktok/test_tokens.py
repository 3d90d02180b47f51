"""TikTok's tokens: one refresh for all waiting posts, and the state `reauth_required`."""

from typing import Any

import pytest

from db.pool import run_in_transaction
from db.queries import social_account
from domain.accounts import credentials
from jobs.ledger import SubmittedJob
from tests import seeds
from tests.api.accounts.tiktok.project import CAPTION, TikTokProject
from tests.api.conftest import uuid_of
from tests.peers.simulators.faults import SimFault
from tests.waiting import eventually

pytestmark = pytest.mark.long

TOKEN = "/v2/oauth/token/"
#: Whether a transaction waits for another one's row lock.
WAITS = """select exists (
  select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())"""


async def refresh_token(project: TikTokProject, account_id: str) -> dict[str, Any]:
    """Refresh the token, and return the ended job."""

    async def submit(conn: Any) -> SubmittedJob:
        scope = {"organization_id": project.acme.organization_id, "project_id": uuid_of(project.id)}
        return await credentials.submit_token_refresh(conn, **scope, account_id=uuid_of(account_id))

    job_id = (await run_in_transaction(project.pool, submit)).job_id

    async def ended() -> Any:
        await project.skip_waits()
        return await project.pool.fetchrow(
            "select state, result, error, attempt from job where id = $1 and finished_at is not null", job_id
        )

    return dict(await eventually(ended))


async def read_tokens(project: TikTokProject, account_id: str) -> credentials.AccountTokens:
    async with project.pool.acquire() as conn:
        scope = {"organization_id": project.acme.organization_id, "account_id": uuid_of(account_id)}
        return await credentials.read_account_tokens(conn, **scope, keyring=seeds.VAULT)


async def wait_for_reauth_required(project: TikTokProject, account_id: str) -> None:
    """Wait until only its owner can reconnect the account."""

    async def is_so() -> bool:
        await project.skip_waits()
        return bool((await project.account(account_id))["status"] == "reauth_required")

    await eventually(is_so)


async def test_concurrent_posts_share_one_token_refresh(project_without_worker: TikTokProject) -> None:
    async with project_without_worker.at_work():
        account_id, content_id = (await project_without_worker.connect(), await project_without_worker.content())
    await project_without_worker.pool.execute("update social_account set quota_posts = 100, quota_window_s = 60")
    await project_without_worker.expire_tokens()
    posts = [await project_without_worker.send(account_id, content_id) for _ in range(20)]
    async with project_without_worker.at_work():
        await project_without_worker.wait_until_processing(6)  # TikTok accepts as many in a minute.
        await project_without_worker.wait_until_quiet()
    assert await project_without_worker.count_refreshes() == 1
    assert (await project_without_worker.account(account_id))["status"] == "connected"
    assert {(await project_without_worker.post(post_id))["status"] for post_id in posts} == {"publishing", "queued"}


async def test_refresh_does_not_deadlock_with_a_post(project: TikTokProject) -> None:
    """A post locks its account's row and requests a refresh, which needs the same row."""
    account_id = await project.connect()
    account = {"organization_id": project.acme.organization_id, "account_id": uuid_of(account_id)}
    await project.sim.fault(TOKEN, SimFault.ACCEPT_THEN_TIMEOUT)
    async with project.pool.acquire() as conn, conn.transaction():
        asked = await credentials.submit_token_refresh(conn, project_id=None, **account)
    await eventually(project.sim.held)
    async with project.pool.acquire() as conn, conn.transaction():
        await social_account.lock_account.row(conn, org=account["organization_id"], id=account["account_id"])
        await project.sim.release()
        await eventually(lambda: project.pool.fetchval(WAITS))
        await conn.execute("set local lock_timeout = '300ms'")
        again = await credentials.submit_token_refresh(conn, project_id=None, **account)
    assert (again.job_id, again.fresh) == (asked.job_id, False)
    done = "select attempt from job where id = $1 and state = 'completed'"
    assert await eventually(lambda: project.pool.fetchval(done, asked.job_id)) == 1
    assert await project.count_refreshes() == 1


@pytest.mark.parametrize(
    "fault", [SimFault.ACCEPT_THEN_DROP, SimFault.ACCEPT_THEN_500, SimFault.TRUNCATED_200, SimFault.DROP_BEFORE]
)
async def test_lost_refresh_answer_keeps_the_connection(project: TikTokProject, fault: SimFault) -> None:
    account_id = await project.connect()
    before = await read_tokens(project, account_id)
    await project.sim.fault(TOKEN, fault)
    job = await refresh_token(project, account_id)
    assert (job["state"], job["result"], job["attempt"]) == ("completed", {"refreshed": True}, 2)
    assert (await project.account(account_id))["status"] == "connected"
    after = await read_tokens(project, account_id)
    assert (after.generation, after.refresh_token != before.refresh_token) == (2, True)
    post_id = await project.send(account_id)
    await project.wait_until_processing()
    await project.sim.advance(120)
    await project.wait_for_status(post_id, "published", waits=True)


async def test_refused_app_is_reported_as_the_operators_fault(project: TikTokProject) -> None:
    account_id = await project.connect()
    await project.sim.call("POST", "/app", client_secret="another-secret")
    job = await refresh_token(project, account_id)
    assert (job["state"], job["error"]["code"]) == ("failed", "APP_REFUSED")
    assert (await project.account(account_id))["status"] == "connected"


@pytest.mark.parametrize("status", [200, 400, 401])
async def test_posts_wait_for_reauthorization_and_are_published(project: TikTokProject, status: int) -> None:
    account_id = await project.connect()
    await project.sim.call("POST", "/app", oauth_error_status=status)
    await project.sim.call("POST", "/remove_access", username="ada")
    post_id = await project.send(account_id)
    await wait_for_reauth_required(project, account_id)
    await project.wait_until_quiet()
    assert (await project.post(post_id))["status"] == "queued"
    assert await project.consent_and_return(await project.create_reauth_link(account_id)) == "connected"
    await project.wait_until_processing()
    await project.sim.advance(120)
    await project.wait_for_status(post_id, "published", waits=True)
    assert await project.sim.counts("ada", CAPTION) == {"live": 1}


async def test_posts_expire_without_reauthorization(project: TikTokProject) -> None:
    account_id = await project.connect()
    await project.sim.call("POST", "/remove_access", username="ada")
    post_id = await project.send(account_id)
    await wait_for_reauth_required(project, account_id)
    await project.pool.execute("update scheduled_post set scheduled_for = scheduled_for - interval '121 minutes'")
    post = await project.wait_for_status(post_id, "failed", waits=True)
    assert (post["lastError"]["code"], post["lastError"]["category"]) == ("TOO_LATE", "too_late")
    assert await project.sim.posts("ada") == []


async def test_waiting_post_is_polled_after_reauthorization(project: TikTokProject) -> None:
    """The post is published: a new connection neither loses nor repeats it."""
    account_id = await project.connect()
    post_id = await project.send(account_id)
    await project.wait_until_processing()
    await project.sim.advance(120)
    await project.sim.call("POST", "/remove_access", username="ada")
    await wait_for_reauth_required(project, account_id)
    assert await project.consent_and_return(await project.create_reauth_link(account_id)) == "connected"
    await project.wait_for_status(post_id, "published", waits=True)
    assert await project.sim.counts("ada", CAPTION) == {"live": 1}
