"""Connecting a Bluesky account with an app password, which is used once and never stored."""

from tests.api.accounts.project import ConnectingProject
from tests.dumps import dump_database
from tests.http_server import HttpResponse


async def test_an_app_password_connects_an_account(project: ConnectingProject) -> None:
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
    assert (shown["platform"], shown["serviceUrl"], shown["status"]) == ("bluesky", project.pds.url, "connected")
    assert shown["tokenExpiresAt"] is not None
    assert await project.pool.fetchval("select external_id from social_account") == project.pds.did("shop.example")


async def test_the_same_did_keeps_its_id(project: ConnectingProject) -> None:
    """Logging in by handle or by DID keeps the id, even on another host."""
    first = await project.log_in_and_wait()
    await project.pool.execute("update social_account set service_url = 'https://old.example'")
    again = await project.log_in_and_wait(identifier=project.pds.did("shop.example"))
    assert again["result"] == first["result"]
    assert await project.pool.fetchval("select service_url from social_account") == project.pds.url


async def test_wrong_password_is_reported(project: ConnectingProject) -> None:
    job = await project.log_in_and_wait(appPassword="secret-wrong")
    assert (job["status"], job["error"]["code"]) == ("failed", "WRONG_PASSWORD")
    assert await project.accounts() == []
    assert "secret-" not in await dump_database(project.pool)
    retried = await project.acme.http.post(f"/v1/jobs/{job['jobId']}/retry")
    assert retried.json()["error"]["details"]["reason"] == "JOB_NOT_RETRYABLE"
    project.pds.active = False
    job = await project.log_in_and_wait()
    assert (job["status"], job["error"]["code"]) == ("failed", "ACCOUNT_INACTIVE")
    assert await project.accounts() == []


async def test_unreachable_server_is_retried(project: ConnectingProject) -> None:
    path = "/xrpc/com.atproto.server.createSession"
    project.pds.broken[path] = [HttpResponse(503, {})]
    job = await project.log_in_and_wait()
    assert (job["status"], job["attempt"]) == ("completed", 2)


async def test_a_request_is_repeated_without_a_second_job(project: ConnectingProject) -> None:
    head = {"Idempotency-Key": "k"}
    project.acme.http.headers.update(head)
    first, again = await project.log_in(), await project.log_in()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    assert "secret-app-password" not in await dump_database(project.pool)
