"""A made-up platform from its connection to its revocation, run by `test_new_platform.py`.

Nothing but the package `tests/platforms/murmur` knows the platform.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import groupby
from typing import Any

import msgspec
import pytest_asyncio

from db.pool import Pool
from domain.collection import collection_runs
from jobs.kinds import COLLECT_METRICS_KIND, CONNECT_ACCOUNT_KIND, PUBLISH_POST_KIND, REVOKE_TOKEN_KIND
from platforms.registry import PLATFORMS_BY_NAME
from schemas.settings import Settings
from tests.api.accounts.project import LinkedProject
from tests.api.conftest import poll
from tests.api.participants import new_project, open_participants
from tests.platforms.murmur.adapter import FOLLOWERS, LIKES, POSTED, REVOKED
from tests.platforms.murmur.description import PLATFORM_DESCRIPTION
from tests.waiting import eventually
from tests.workers.runtime.workers import at_work
from workers.tasks import collect_metrics, connect_account, publish_post, revoke_token

PAGES = "https://other.example"
TASKS = {
    CONNECT_ACCOUNT_KIND: connect_account.build_job_task_with_resources,
    PUBLISH_POST_KIND: publish_post.build_job_task_with_resources,
    REVOKE_TOKEN_KIND: revoke_token.build_job_task_with_resources,
    COLLECT_METRICS_KIND: collect_metrics.build_job_task_with_resources,
}


@pytest_asyncio.fixture
async def murmuring(settings: Settings, pool: Pool) -> AsyncIterator[LinkedProject]:
    """Open a project, and a worker of each pool."""
    mine = msgspec.structs.replace(settings, murmur_url=PAGES)
    async with open_participants(mine, pool) as participants, AsyncExitStack() as stack:
        for _, kinds in groupby(sorted(TASKS, key=lambda kind: kind.pool), key=lambda kind: kind.pool):
            await stack.enter_async_context(at_work(mine, pool, {kind: TASKS[kind] for kind in kinds}))
        yield LinkedProject(**vars(participants), id=await new_project(participants.acme))


async def connect(project: LinkedProject, **changes: str) -> Any:
    body = {"platform": "murmur", "identifier": "ada", "appPassword": "secret-app-password"} | changes
    return await project.acme.http.post(f"/v1/projects/{project.id}/social-accounts", json=body)


async def schedule(project: LinkedProject, account_id: str, caption: str, **target: str) -> Any:
    parts = [("caption", (None, caption))]
    created = await project.acme.http.post(f"/v1/projects/{project.id}/content/upload", files=parts)
    assert created.status_code == 201, created.text
    targets = [{"socialAccountId": account_id, **target}]
    url = f"/v1/content/{created.json()['id']}/publish"
    return await project.acme.http.post(url, json={"targets": targets})


async def figures(project: LinkedProject) -> dict[str, int]:
    rows = await project.pool.fetch("select metric, value from metric_snapshot")
    return {row["metric"]: row["value"] for row in rows}


async def test_accounts_connect_publish_collect_and_disconnect(murmuring: LinkedProject) -> None:
    http = murmuring.acme.http
    job = (await connect(murmuring)).json()
    ended = (await http.get(job["locationUrl"], params={"wait": 10})).json()
    account_id = ended["result"]["socialAccountId"]
    account = (await http.get(f"/v1/social-accounts/{account_id}")).json()
    assert (account["platform"], account["serviceUrl"]) == ("murmur", PLATFORM_DESCRIPTION.login.server)  # type: ignore[union-attr]
    assert account["privacyLevels"] == ["public", "private"]

    scheduled = await schedule(murmuring, account_id, "Fresh bread", privacyLevel="public")
    post_id = scheduled.json()["scheduledPosts"][0]["id"]

    async def published() -> dict[str, Any] | None:
        post: dict[str, Any] = (await http.get(f"/v1/scheduled-posts/{post_id}")).json()
        return post if post["status"] == "published" else None

    post = await eventually(published)
    assert post is not None
    assert post["externalUrl"] == f"{PAGES}/m1"
    assert POSTED == {"token-of-ada": "Fresh bread"}

    await murmuring.pool.execute("update social_account set collect_at = now()")
    async with murmuring.pool.acquire() as conn:
        await collection_runs.submit_due_metric_collections(conn)

    async def collected() -> bool:
        return await figures(murmuring) == {"likes": LIKES, "followers": FOLLOWERS}

    await eventually(collected)

    assert (await http.delete(f"/v1/social-accounts/{account_id}")).status_code == 200
    await poll(lambda: REVOKED == ["token-of-ada"])


async def test_its_limits_its_login_and_links_are_checked(murmuring: LinkedProject) -> None:
    http = murmuring.acme.http
    refused = (await connect(murmuring, identifier="Ada!")).json()["error"]
    assert refused["details"]["issues"][0]["message"] == "must be a name in lower case"
    job = (await connect(murmuring)).json()
    ended = (await http.get(job["locationUrl"], params={"wait": 10})).json()
    account_id = ended["result"]["socialAccountId"]
    long = await schedule(murmuring, account_id, "x" * 41, privacyLevel="public")
    assert long.status_code == 422
    assert "the caption has 41 characters and murmur takes 40" in long.text
    assert (await schedule(murmuring, account_id, "Fresh bread")).status_code == 422
    asked = {"platform": "murmur", "returnUrl": "https://app.example.com/settings"}
    link = await http.post(f"/v1/projects/{murmuring.id}/social/oauth-url", json=asked)
    assert "murmur is connected by an app password" in link.text
    unknown = await http.post(f"/v1/projects/{murmuring.id}/social/oauth-url", json=asked | {"platform": "nothing"})
    assert unknown.status_code == 422


async def test_the_api_document_and_the_console_have_it(murmuring: LinkedProject) -> None:
    document = (await murmuring.browser.get("/v1/openapi.json")).json()
    names = document["components"]["schemas"]["Platform"]["enum"]
    assert names == [*PLATFORMS_BY_NAME]
    assert names[-1] == "murmur"
    script = (await murmuring.browser.get("/console/platforms.js")).text
    described = msgspec.json.decode(script.partition("export const DESCRIPTIONS = ")[2].rstrip(";\n"))
    murmur = described["murmur"]
    assert (murmur["title"], murmur["view"]["color"], murmur["hasAudience"]) == ("Murmur", "#123456", True)
    assert murmur["password"] == {"example": "ada", "instructions": "Ask Murmur for it."}


async def test_no_check_of_the_database_lists_platforms(pool: Pool) -> None:
    checks = await pool.fetch("select pg_get_constraintdef(oid) from pg_constraint where contype = 'c'")
    assert [text for (text,) in checks if "instagram" in text] == []
    added = await pool.execute(
        "insert into platform_app (platform, service_url, redirect_uri, client_id, sealed, vault_key_id)"
        " values ('murmur', 'https://murmur.example', '', 'us', '', '')"
    )
    assert added == "INSERT 0 1"
