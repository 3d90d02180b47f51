"""The story's webhooks: an endpoint and its deliveries."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from api.routes import webhook_stream
from tests.api.examples.story import ExampleStory

URL = "https://hooks.tidewise.example/tenantry"


async def webhooks(story: ExampleStory, project: str) -> None:
    """Go through the life of one endpoint."""
    wanted = ["post.published", "post.failed", "job.failed"]
    body = {"url": URL, "events": wanted, "description": "Posts into our CRM", "metadata": {"team": "crm"}}
    endpoint = await story.tell("create_webhook_endpoint", json=body)
    at = {"webhookEndpointId": endpoint["id"]}
    await story.tell("get_webhook_endpoint", **at)
    await story.tell("list_webhook_endpoints", params={"status": "active"})
    change = {"events": [*wanted, "content.approved"], "description": None}
    await story.tell("patch_webhook_endpoint", **at, json=change)
    sent = await story.tell("test_webhook_endpoint", **at)
    await story.tell("get_webhook_delivery", webhookDeliveryId=sent["id"])
    await story.tell("get_webhook_event", webhookEventId=sent["eventId"])
    await story.tell("list_webhook_events", params={"type": "test.ping"})
    with patch.object(webhook_stream, "MAX_WEBHOOK_STREAM_S", 0.0):
        asked = {"type": "post.published,post.failed", "after": sent["eventId"]}
        await story.tell("stream_webhook_events", params=asked)
    await story.tell("trigger_webhook_event", json={"type": "test.ping"})
    await story.tell("list_webhook_deliveries", **at, params={"eventType": "test.ping"})
    await story.tell("replay_webhook_delivery", webhookDeliveryId=sent["id"])
    since = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:00:00Z}"
    await story.tell("replay_webhook_events", **at, json={"since": since})
    await story.tell("rotate_webhook_secret", **at)
    await story.tell("delete_webhook_endpoint", **at)
