"""An SDK app that sends events."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec

from db.pool import Pool
from tests.api.conftest import ApiCaller, read_answer, uuid_of
from tests.api.participants import new_project

WEB: dict[str, Any] = {"name": "Shop", "platform": "web", "webDomain": "shop.example"}
PHONE: dict[str, Any] = {"name": "Shop", "platform": "ios", "bundleId": "com.example.shop"}


class EventSender(NamedTuple):
    """An app with its key, its owner, and a client without any key."""

    owner: ApiCaller
    http: httpx.AsyncClient
    project: str
    app: dict[str, Any]

    @property
    def key(self) -> str:
        return str(self.app["apiKey"])

    @property
    def at(self) -> str:
        """Its URL for events."""
        return f"/v1/apps/{self.app['appId']}/events"

    @property
    def where(self) -> str:
        """Its own URL."""
        return f"/v1/projects/{self.project}/sdk-apps/{self.app['appId']}"

    @property
    def project_id(self) -> UUID:
        return uuid_of(self.project)

    async def send(self, *events: dict[str, Any], key: str | None = None, **more: Any) -> httpx.Response:
        """Send events with a bearer token."""
        return await self.post(encode_events(*events), key=key, **more)

    async def post(self, content: bytes, *, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"} | more.pop("headers", {})
        return await self.http.post(more.pop("at", self.at), content=content, headers=headers, **more)

    async def rotate(self, **more: Any) -> str:
        """Rotate and return its new key."""
        answer = await self.owner.http.patch(self.where, json={"rotateKey": True} | more)
        return str(answer.json()["apiKey"])


async def sender(owner: ApiCaller, http: httpx.AsyncClient, body: dict[str, Any] = WEB) -> EventSender:
    """Create an app in a new project."""
    project = await new_project(owner)
    app = read_answer(await owner.http.post(f"/v1/projects/{project}/sdk-apps", json=body), 201)
    return EventSender(owner, http, project, app)


def event(number: int = 0, **fields: Any) -> dict[str, Any]:
    """Build the event with a number, which determines its id."""
    return {"name": "open", "eventId": f"e-{number}", "occurredAt": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"} | fields


def encode_events(*events: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"events": events, "sentAt": "2026-01-01T00:00:00Z"})


def read_counts(answer: httpx.Response) -> tuple[int, int, list[tuple[int, str]]]:
    """Return the counts and the rejected events of an answer."""
    body = read_answer(answer, 202)
    return body["accepted"], body["duplicates"], [(one["index"], one["code"]) for one in body["rejected"]]


async def stored_ids(pool: Pool, sender: EventSender) -> list[str]:
    """Return the ids of the project's stored events, as sent."""
    rows = await pool.fetch(
        "select coalesce(event_id, event_key::text) as id from event where project_id = $1 order by 1",
        sender.project_id,
    )
    return [row["id"] for row in rows]
