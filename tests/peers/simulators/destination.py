"""A simulated destination from a caller's view: a valid event, and the form of each refusal."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import httpx

from tests.peers.simulators.client import Sim
from tests.peers.simulators.conversions import ConversionsSimulator
from tests.peers.simulators.meta import Meta
from tests.peers.simulators.tiktok_events import TikTokEvents

Json: TypeAlias = dict[str, Any]

PIXEL, TOKEN = "1234567890", "the-token"
HASH, OTHER = "a" * 64, "b" * 64
BOUGHT = {"value": 12.5, "currency": "EUR"}


class Dialect(NamedTuple):
    """A destination from a caller's view: a valid event, and the code of each refusal."""

    simulator: type[ConversionsSimulator]
    path: str
    email: str
    name: str
    event: Json
    envelope: Json
    codes: Mapping[str, tuple[int, int, int | None]]

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", "Access-Token": token}

    def at(self, pixel: str) -> tuple[str, Json]:
        """Return address and envelope of a call to a pixel."""
        envelope = self.envelope | ({"event_source_id": pixel} if self.envelope else {})
        return self.path.format(pixel=pixel), envelope


META = Dialect(
    Meta,
    "/v25.0/{pixel}/events",
    "em",
    "event_name",
    {
        "event_name": "Purchase",
        "action_source": "website",
        "event_source_url": "https://shop.example/thanks",
        "user_data": {"em": [HASH, OTHER], "client_user_agent": "Mozilla/5.0"},
        "custom_data": BOUGHT,
    },
    {},
    {"event": (400, 100, 2804003), "pixel": (400, 100, 33), "token": (400, 190, None)},
)
TIKTOK = Dialect(
    TikTokEvents,
    "/open_api/v1.3/event/track/",
    "email",
    "event",
    {
        "event": "Purchase",
        "page": {"url": "https://shop.example/thanks"},
        "user": {"email": HASH, "user_agent": "Mozilla/5.0"},
        "properties": BOUGHT,
    },
    {"event_source": "web"},
    {"event": (200, 40002, None), "pixel": (200, 40001, None), "token": (200, 40105, None)},
)


class Destination(NamedTuple):
    """A running destination with a pixel."""

    dialect: Dialect
    sim: Sim
    http: httpx.AsyncClient

    def event(self, number: int = 1, **fields: Any) -> Json:
        return self.dialect.event | {"event_id": f"e-{number}", "event_time": int(time.time())} | fields

    async def call(self, *events: Json, token: str = TOKEN, pixel: str = PIXEL, **more: Any) -> httpx.Response:
        path, envelope = self.dialect.at(pixel)
        body = envelope | {"data": list(events)} | more
        return await self.http.post(path, json=body, headers=self.dialect.headers(token))

    async def read_ledger(self) -> Json:
        found: Json = await self.sim.call("GET", "/conversions")
        return found

    async def counted(self) -> dict[str, int]:
        return {event_id: times for _, _, event_id, times in (await self.read_ledger())["counted"]}

    def refused(self, answer: httpx.Response, kind: str, why: str = "") -> None:
        """Assert the refusal's code, as the original returns it."""
        error = answer.json().get("error", answer.json())
        response = answer.status_code, error["code"], error.get("error_subcode")
        assert response == self.dialect.codes[kind], f"{why}: {answer.text}"

    def taken(self, answer: httpx.Response, count: int = 1) -> None:
        body = answer.json()
        assert (answer.status_code, body.get("events_received", count), body.get("code", 0)) == (200, count, 0)
