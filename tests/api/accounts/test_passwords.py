"""Connecting a Bluesky account by an app password, which is used once and kept nowhere."""

from typing import Any

import pytest

from tests.api.accounts.project import Project
from tests.dumps import everything
from tests.http_server import Told


async def test_an_app_password_connects_an_account(project: Project) -> None:
    answer = await project.log_in()
    assert answer.status_code == 202
    accepted = answer.json()
    assert (accepted["kind"], accepted["projectId"]) == ("connect_account", project.id)
    assert answer.headers["Location"] == accepted["locationUrl"]
    job = (await project.acme.http.get(accepted["locationUrl"], params={"wait": 10})).json()
    assert (job["status"], job["error"]) == ("completed", None)
    (shown,) = await project.accounts()
    assert job["result"] == {
        "socialAccountId": shown["socialAccountId"],
        "platform": "bluesky",
        "handle": "shop.example",
    }
    assert (shown["platform"], shown["serviceUrl"], shown["status"]) == (
        "bluesky",
        project.pds.url,
        "connected",
    )
    assert shown["tokenExpiresAt"] is not None
    assert await project.pool.fetchval("select external_id from social_account") == project.pds.did(
        "shop.example"
    )


async def test_the_same_did_keeps_its_id(project: Project) -> None:
    """By its handle or by itself, wherever it is hosted by now."""
    first = await project.logged_in()
    await project.pool.execute("update social_account set service_url = 'https://old.example'")
    again = await project.logged_in(identifier=project.pds.did("shop.example"))
    assert again["result"] == first["result"]
    assert await project.pool.fetchval("select service_url from social_account") == project.pds.url


async def test_a_wrong_password_is_said_to_be_one(project: Project) -> None:
    job = await project.logged_in(appPassword="secret-wrong")
    assert (job["status"], job["error"]["code"]) == ("failed", "WRONG_PASSWORD")
    assert await project.accounts() == []
    assert "secret-" not in await everything(project.pool)
    retried = await project.acme.http.post(f"/v1/jobs/{job['jobId']}/retry")
    assert retried.json()["error"]["details"]["reason"] == "JOB_NOT_RETRYABLE"


async def test_an_account_that_is_not_active_is_not_connected(project: Project) -> None:
    project.pds.active = False
    job = await project.logged_in()
    assert (job["status"], job["error"]["code"]) == ("failed", "ACCOUNT_INACTIVE")


async def test_a_server_that_is_away_is_asked_again(project: Project) -> None:
    path = "/xrpc/com.atproto.server.createSession"
    project.pds.broken[path] = [Told(503, {})]
    job = await project.logged_in()
    assert (job["status"], job["attempt"]) == ("completed", 2)


async def test_a_request_is_repeated_without_a_second_job(project: Project) -> None:
    head = {"Idempotency-Key": "k"}
    project.acme.http.headers.update(head)
    first, again = await project.log_in(), await project.log_in()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    assert "secret-app-password" not in await everything(project.pool)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"platform": "mastodon"}, "platform"),
        ({"platform": "tiktok"}, "platform"),
        ({"identifier": "shop"}, "identifier"),
        ({"identifier": "shop@example.com"}, "identifier"),
        ({"identifier": "fail_auth"}, "identifier"),
        ({"identifier": "did:key:z6Mk"}, "identifier"),
        ({"identifier": ""}, "identifier"),
        ({"identifier": "a." * 127 + "com"}, "identifier"),
        ({"appPassword": ""}, "appPassword"),
        ({"appPassword": "x" * 257}, "appPassword"),
        ({"appPassword": None}, "appPassword"),
        ({"serviceUrl": "http://bsky.social"}, "serviceUrl"),
        ({"serviceUrl": "https://bsky.social/xrpc"}, "serviceUrl"),
        ({"serviceUrl": "https://user:pass@bsky.social"}, "serviceUrl"),
        ({"serviceUrl": "https://127.0.0.1"}, "serviceUrl"),
        ({"serviceUrl": "https://10.0.0.1"}, "serviceUrl"),
        ({"serviceUrl": "https://metadata.internal"}, "serviceUrl"),
        ({"serviceUrl": "ftp://bsky.social"}, "serviceUrl"),
    ],
)
async def test_what_can_be_known_at_once_is_refused_at_once(
    idle: Project, given: dict[str, Any], path: str
) -> None:
    answer = await idle.log_in(**given)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"]["issues"][0]["path"] == path
    assert "secret-app-password" not in answer.text
    assert await idle.jobs() == []
