"""Simulated conversion destinations: their counts, and their refusals with the originals' codes."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import httpx
import pytest
import pytest_asyncio

from tests.peers.simulators.client import Sim, visiting
from tests.peers.simulators.conversions import AHEAD_S, KNOWN_S, MOST, OLDEST_S, ConversionsSimulator
from tests.peers.simulators.meta import Meta
from tests.peers.simulators.serving import served
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


@pytest_asyncio.fixture(params=[META, TIKTOK], ids=["meta", "tiktok"])
async def to(request: pytest.FixtureRequest) -> AsyncIterator[Destination]:
    dialect: Dialect = request.param
    with served(dialect.simulator()) as base:
        async with Sim(base) as sim, visiting(base) as http:
            await sim.call("POST", "/pixels", pixel=PIXEL, token=TOKEN)
            yield Destination(dialect, sim, http)


# Events

Change: TypeAlias = Callable[[Json, Dialect], Json]


def user(event: Json, **fields: Any) -> Json:
    """Change the event's person fields; None removes one."""
    name = "user" if "user" in event else "user_data"
    found = event[name] | fields
    return event | {name: {key: value for key, value in found.items() if value is not None}}


def custom(event: Json, **fields: Any) -> Json:
    return event | {("properties" if "properties" in event else "custom_data"): fields}


def page(event: Json, url: str) -> Json:
    return event | ({"page": {"url": url}} if "page" in event else {"event_source_url": url})


def email(event: Json, dialect: Dialect, value: str) -> Json:
    return user(event, **{dialect.email: [value] if dialect is META else value})


def later(event: Json, seconds: float) -> Json:
    return event | {"event_time": event["event_time"] + seconds}


WRONG: dict[str, Change] = {
    "an unknown field": lambda event, _: event | {"colour": "red"},
    "an unknown field of the person": lambda event, _: user(event, colour="red"),
    "an unknown field of what was bought": lambda event, _: custom(event, colour="red", **BOUGHT),
    "no id": lambda event, _: {key: event[key] for key in event.keys() - {"event_id"}},
    "no name": lambda event, dialect: event | {dialect.name: ""},
    "too old": lambda event, _: later(event, -OLDEST_S - 5),
    "ahead of its time": lambda event, _: later(event, AHEAD_S + 30),
    "milliseconds": lambda event, _: event | {"event_time": event["event_time"] * 1000},
    "a time that is no whole number": lambda event, _: later(event, -0.5),
    "a hash in capitals": lambda event, dialect: email(event, dialect, HASH.upper()),
    "a hash that was cut": lambda event, dialect: email(event, dialect, HASH[:-1]),
    "a name in plain": lambda event, dialect: email(event, dialect, "ada"),
    "an address in plain": lambda event, dialect: email(event, dialect, "ada@shop.example"),
    "an address in the id": lambda event, _: event | {"event_id": "ada%40shop.example"},
    "a number in the page": lambda event, _: page(event, "https://shop.example/+4915112345678"),
    "nobody": lambda event, dialect: user(event, **{dialect.email: None}),
    "a page's query": lambda event, _: page(event, "https://shop.example/?a=b"),
    "no page": lambda event, _: page(event, ""),
    "a purchase without a value": lambda event, _: custom(event, currency="EUR"),
    "a purchase without a currency": lambda event, _: custom(event, value=1),
    "a value that is a text": lambda event, _: custom(event, value="1", currency="EUR"),
}


async def test_a_wrong_event_fails_its_call(to: Destination) -> None:
    for why, change in WRONG.items():
        bad = change(to.event(2), to.dialect)
        to.refused(await to.call(to.event(1), bad, to.event(3)), "event", why)
    ledger = await to.read_ledger()
    assert (ledger["counted"], len(ledger["wrong"])) == ([], len(WRONG))
    # Refused calls are kept, for searches.
    assert "ada@shop.example" in "".join(ledger["bodies"])
    assert TOKEN in ledger["heads"][0]


DEVICE = ["i2", *[""] * 3, "18.1", *[""] * 11]
APP = {"advertiser_tracking_enabled": 0, "application_tracking_enabled": 1, "extinfo": DEVICE}

OF_META: dict[str, Json] = {
    "hashes out of order": {"user_data": {"em": [OTHER, HASH], "client_user_agent": "ua"}},
    "a hash twice": {"user_data": {"em": [HASH, HASH], "client_user_agent": "ua"}},
    "no list of hashes": {"user_data": {"em": HASH, "client_user_agent": "ua"}},
    "a page without a browser": {"user_data": {"em": [HASH]}},
    "an unknown source": {"action_source": "email"},
    "an app without a device": {"action_source": "app"},
    "a device without a system": {"action_source": "app", "app_data": APP | {"extinfo": [""] * 16}},
    "a system without a version": {"action_source": "app", "app_data": APP | {"extinfo": ["i2", *[""] * 15]}},
    "an advertising id without consent": {
        "action_source": "app",
        "app_data": APP,
        "user_data": {"madid": "38400000-8cf0-11bd-b23e-10b96e40000d"},
    },
}


@pytest.mark.parametrize("to", [META], indirect=True)
async def test_meta_refuses_invalid_fields(to: Destination) -> None:
    for why, fields in OF_META.items():
        to.refused(await to.call(to.event(**fields)), "event", why)
    assert len((await to.read_ledger())["wrong"]) == len(OF_META)


@pytest.mark.parametrize("to", [TIKTOK], indirect=True)
async def test_tiktok_refuses_a_page_url_of_an_app(to: Destination) -> None:
    to.refused(await to.call(to.event(), event_source="app"), "event")
    without = {key: value for key, value in to.event().items() if key != "page"}
    to.taken(await to.call(without, event_source="app"))


# Calls


async def test_a_call_has_one_to_a_thousand_events(to: Destination) -> None:
    for count in (0, MOST + 1):
        to.refused(await to.call(*map(to.event, range(count))), "event", f"{count} events")
    to.taken(await to.call(*map(to.event, range(MOST))), MOST)
    assert len(await to.counted()) == MOST


async def test_invalid_call_is_refused(to: Destination) -> None:
    to.refused(await to.call(to.event(), colour="red"), "event")
    to.refused(await to.call(data="none"), "event")
    to.refused(await to.call(to.event(), test_event_code="+4915112345678"), "event")
    assert (await to.counted()) == {}


async def test_token_is_valid_for_its_pixel_until_expiry(to: Destination) -> None:
    await to.sim.call("POST", "/pixels", pixel="2", token="another")
    to.refused(await to.call(to.event(), token="another"), "token")
    to.refused(await to.call(to.event(), pixel="3"), "pixel")
    to.taken(await to.call(to.event()))
    await to.sim.call("POST", "/pixels", pixel=PIXEL, token=None)
    for token in (TOKEN, "None"):
        to.refused(await to.call(to.event(), token=token), "token")
    assert await to.counted() == {"e-1": 1}


# Counts


async def test_event_id_is_deduplicated_for_48_hours(to: Destination) -> None:
    """An id is known per event name. A later repeat is counted twice, and reported."""
    for _ in range(2):
        to.taken(await to.call(to.event()))
    to.taken(await to.call(to.event() | {to.dialect.name: "Subscribe"}))
    assert sorted((await to.read_ledger())["counted"]) == [
        [PIXEL, "Purchase", "e-1", 2],
        [PIXEL, "Subscribe", "e-1", 1],
    ]
    assert (await to.read_ledger())["twice"] == []
    await to.sim.advance(KNOWN_S + 1)
    to.taken(await to.call(later(to.event(), KNOWN_S)))
    assert (await to.read_ledger())["twice"] == [f"{PIXEL} Purchase e-1"]
