"""Sample webhook events look exactly like real ones to a receiver."""

from collections.abc import AsyncIterator
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from schemas.webhooks import WebhookEventType
from tests.api.conftest import ApiCaller, open_caller
from tests.api.documented_routes import document
from tests.api.participants import new_project
from tests.api.refusals import assert_refused, reason
from tests.api.webhooks.streaming import open_reader
from tests.api.webhooks.test_events import create_busy_project, create_endpoint, list_events, read_body

TYPES = get_args(WebhookEventType)
PATH = "/v1/sandbox/webhook-events"
ENDPOINT = {"url": "https://hooks.example.com/", "events": ["*"]}

#: The type that the GET of each kind of object returns, and the operation.
GETS = {
    "project": "get_project", "job": "get_job", "content": "get_content", "post": "get_scheduled_post",
    "social_account": "get_social_account", "lease_request": "get_lease_request",
    "webhook_endpoint": "get_webhook_endpoint", "test": "get_webhook_endpoint",
}  # fmt: skip

#: An object's status, if it isn't the last word of the event type.
STATES = {
    "post.scheduled": "queued", "social_account.needs_reauth": "reauth_required",
    "social_account.revoked": "disconnected", "content.generated": "not_required", "test.ping": "active",
}  # fmt: skip


@pytest_asyncio.fixture
async def sandbox(app: Litestar, pool: Pool) -> AsyncIterator[ApiCaller]:
    async with open_caller(app, pool, "Acme", env="test") as caller:
        yield caller


async def trigger_sample(caller: ApiCaller, **body: Any) -> dict[str, Any]:
    answer = await caller.http.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/webhook-events/{created['id']}"
    return created


def answer_schema(described: dict[str, Any], operation: str) -> dict[str, Any]:
    """Return the schema of an operation's answer."""
    found = [one for at in described["paths"].values() for one in at.values() if one["operationId"] == operation]
    answer: dict[str, Any] = found[0]["responses"]["200"]["content"]["application/json"]["schema"]
    return {**answer, "components": described["components"]}


async def test_each_sample_equals_its_get(app: Litestar, sandbox: ApiCaller, pool: Pool) -> None:
    """Checked against the document's schemas, with exactly the fields of real events."""
    await create_endpoint(pool, sandbox)
    await create_busy_project(sandbox, pool)
    await pool.execute("update webhook_endpoint set status = 'disabled', disabled_reason = 'GONE'")
    await create_endpoint(pool, sandbox)
    await pool.execute("update webhook_endpoint set status = 'disabled', disabled_reason = 'GONE'")
    await create_endpoint(pool, sandbox)
    endpoint = (await sandbox.http.post("/v1/webhook-endpoints", json=ENDPOINT)).json()["id"]
    await sandbox.http.post(f"/v1/webhook-endpoints/{endpoint}/test")
    real = {
        event["type"].partition(".")[0]: msgspec.json.decode(await read_body(pool, sandbox, event["id"]))
        for event in await list_events(sandbox, limit="100")
    }
    assert real.keys() == GETS.keys()
    described = document(app)
    for kind in TYPES:
        shown = await trigger_sample(sandbox, type=kind)
        sample = msgspec.json.decode(await read_body(pool, sandbox, shown["id"]))
        assert {name: sample[name] for name in shown} == shown
        noun, _, word = kind.partition(".")
        thing = sample["data"]["object"]
        assert (sample.keys(), sample["data"].keys()) == (real[noun].keys(), real[noun]["data"].keys())
        assert thing.keys() == real[noun]["data"]["object"].keys(), kind
        jsonschema_rs.validator_for(answer_schema(described, GETS[noun])).validate(thing)
        state = thing["approvalStatus" if noun == "content" else "status"]
        assert state == STATES.get(kind, word)
        assert (await sandbox.http.get(sample["data"]["objectUrl"])).status_code == 404
        assert thing.get("projectId", sample["projectId"]) == sample["projectId"]


async def test_sample_goes_to_all_subscribers(app: Litestar, sandbox: ApiCaller, pool: Pool) -> None:
    project = await new_project(sandbox)
    for own, events in (("a", ["post.failed"]), ("b", ["post.published"])):
        endpoint = {"url": f"https://{own}.example.com/", "events": events, "projectId": project}
        await sandbox.http.post("/v1/webhook-endpoints", json=endpoint)
    async with open_reader(app, sandbox.key) as reader:
        await reader.begun()
        sent = await trigger_sample(sandbox, type="post.published", projectId=project)
        assert await reader.told(1) == [sent["id"]]
        assert reader.messages[0].body["data"]["object"]["projectId"] == project
    [url] = await pool.fetch(
        """select e.url from webhook_delivery d
             join webhook_endpoint e on e.organization_id = d.organization_id and e.id = d.endpoint_id"""
    )
    assert url["url"] == "https://b.example.com/"


async def test_sample_needs_a_sandbox_and_a_subscriber(
    acme: ApiCaller, sandbox: ApiCaller, rival: ApiCaller, pool: Pool
) -> None:
    await create_endpoint(pool, acme)
    assert_refused(await acme.http.post(PATH, json={"type": "test.ping"}), 404, "NOT_FOUND")
    answer = await sandbox.http.post(PATH, json={"type": "test.ping"})
    assert reason(answer) == (409, "CONFLICT", "NOBODY_LISTENS")
    foreign = {"type": "test.ping", "projectId": await new_project(rival)}
    assert_refused(await sandbox.http.post(PATH, json=foreign), 404, "NOT_FOUND")
    assert_refused(await sandbox.http.post(PATH, json={"type": "*"}), 422, "VALIDATION", "type")
    assert await pool.fetchval("select count(*) from webhook_event") == 0
