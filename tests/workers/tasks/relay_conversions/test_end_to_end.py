"""Conversions from an app's request to two destinations and back to its owner, by real processes."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest
import pytest_asyncio

from api.app import set_api_settings_and_clock
from db.pool import Pool, use_unpooled_pg_connection
from schemas.settings import Settings
from tests import databases
from tests.api.conftest import ApiCaller, built_app, hold_context, open_caller
from tests.api.events.sender import encode_events, event, read_counts
from tests.api.participants import new_project
from tests.chaos.fleet import open_fleet
from tests.peers.simulators.client import Sim
from tests.peers.simulators.serving import served
from tests.waiting import eventually
from tests.workers.tasks.relay_conversions.conftest import SIMULATORS
from tests.workers.tasks.relay_conversions.scene import CONTEXT, PIXEL, PROPERTIES, RAW, TOKEN

pytestmark = pytest.mark.long

Json: TypeAlias = dict[str, Any]

SHOP = {"name": "Shop", "platform": "web", "webDomain": "shop.example"}
CAPI = {"enabled": True, "pixelId": PIXEL, "accessToken": TOKEN}
BOUGHT = {"name": "purchase_success", "appUserId": "u-1", "properties": PROPERTIES}
ENDED = "select not exists (select from event_conversion where state = 'pending')"


@pytest_asyncio.fixture(loop_scope="session", params=["main", "apart"])
async def store_url(
    request: pytest.FixtureRequest, template: databases.Template, database_url: str
) -> AsyncIterator[str]:
    """Return the event store's URL: the main database, or a separate one."""
    if request.param == "main":
        yield database_url
        return
    async with databases.copy(template) as url:
        yield url


@pytest.fixture
def destinations() -> Iterator[Mapping[str, str]]:
    """Start both destinations; yield their addresses."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(served(simulator())) for name, simulator in SIMULATORS.items()}


@pytest.fixture
def settings(settings: Settings, store_url: str, destinations: Mapping[str, str]) -> Settings:
    return msgspec.structs.replace(
        settings,
        telemetry_url="" if store_url == settings.database_url else store_url,
        meta_api_url=destinations["meta"],
        tiktok_ads_url=destinations["tiktok"],
        fetch_allow=",".join(base.removeprefix("http://") for base in destinations.values()),
    )


async def create_shop_app(caller: ApiCaller) -> Json:
    """Create an app with conversions to both destinations."""
    apps = f"/v1/projects/{await new_project(caller)}/sdk-apps"
    app: Json = (await caller.http.post(apps, json=SHOP)).json()
    capi = {"capi": dict.fromkeys(SIMULATORS, CAPI)}
    answer = await caller.http.patch(f"{apps}/{app['appId']}", json=capi)
    assert answer.status_code == 200, answer.text
    return app


async def send(caller: ApiCaller, app: Json) -> None:
    """Send events like a page: five conversions, a refused one, and one that is no conversion."""
    events = [event(number, **BOUGHT, context=CONTEXT) for number in range(5)]
    events += [event(5, **BOUGHT, context=CONTEXT | {"consent": False}), event(6, context=CONTEXT)]
    answer = await caller.http.post(
        f"/v1/apps/{app['appId']}/events",
        content=encode_events(*events),
        headers={"Authorization": f"Bearer {app['apiKey']}", "Origin": "https://shop.example"},
    )
    assert read_counts(answer)[0] == len(events)


async def count_ends(caller: ApiCaller, app: Json) -> Counter[tuple[str, str, str | None]]:
    """Count the app's conversions by their end, as the owner's API shows it."""
    at = f"/v1/projects/{app['projectId']}/conversions/deliveries"
    items = (await caller.http.get(at, params={"appId": app["appId"]})).json()["items"]
    return Counter((one["destination"], one["state"], (one["error"] or {}).get("code")) for one in items)


async def count_events(base: str) -> Json:
    """Return the count of each event, after a search for personal data in all requests."""
    async with Sim(base) as sim:
        told = await sim.call("GET", "/conversions")
    everything = "\n".join(told["bodies"] + told["heads"])
    assert told["bodies"]
    assert [word for word in RAW if word in everything] == []
    assert (told["wrong"], told["twice"]) == ([], [])
    return {event_id: times for _, _, event_id, times in told["counted"]}


async def test_an_event_is_counted_once_at_each_destination_and_its_owner_sees_it(
    settings: Settings, store_url: str, destinations: Mapping[str, str], pool: Pool, tmp_path: Path
) -> None:
    for base in destinations.values():
        async with Sim(base) as sim:
            await sim.call("POST", "/pixels", pixel=PIXEL, token=TOKEN)
    api = set_api_settings_and_clock(built_app(), settings)
    async with (
        hold_context(api.lifespan()),
        open_caller(api, pool, "Acme") as acme,
        open_fleet(settings, tmp_path) as fleet,
    ):
        app = await create_shop_app(acme)
        await send(acme, app)
        async with use_unpooled_pg_connection(store_url, name="test") as store:
            # The batching window is over.
            await store.execute("update event_conversion set due_at = now()")
            await fleet.dispatcher()
            await fleet.of_product("publish")

            async def all_have_ended() -> bool:
                return bool(await store.fetchval(ENDED))

            await eventually(all_have_ended)
        assert await count_ends(acme, app) == Counter(
            {(name, "delivered", "FIELDS_DROPPED"): 5 for name in destinations}
            | {(name, "skipped", "NO_CONSENT"): 1 for name in destinations}
        )

        async def is_shown() -> bool:
            shown = await acme.http.get(f"/v1/projects/{app['projectId']}/sdk-apps/{app['appId']}")
            return all(shown.json()["capi"][name]["lastForwardAt"] for name in destinations)

        # A store apart commits first: the app's row follows in the main database.
        await eventually(is_shown)
    for base in destinations.values():
        assert await count_events(base) == {f"e-{number}": 1 for number in range(5)}
