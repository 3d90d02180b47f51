"""Participants of redirect flows: two organizations, a browser, a clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
from litestar import Litestar

from api.app import set_api_settings_and_clock
from db.pool import Pool
from schemas.settings import Settings
from tests.api.conftest import ApiCaller, built_app, client_of, hold_context, open_caller

ORIGIN = "https://app.example.com"


@dataclass
class ApiClock:
    """The API's clock; move it with `ahead`. A set `stands` freezes it."""

    ahead: timedelta = field(default_factory=timedelta)
    stands: datetime | None = None

    def __call__(self) -> datetime:
        return self.stands or datetime.now(UTC) + self.ahead


@dataclass
class Participants:
    """Acme and its rival, with `ORIGIN` as an allowed return origin; `browser` has no key."""

    app: Litestar
    acme: ApiCaller
    rival: ApiCaller
    browser: httpx.AsyncClient
    pool: Pool
    clock: ApiClock


@asynccontextmanager
async def open_participants(settings: Settings, pool: Pool) -> AsyncIterator[Participants]:
    """Open the participants with an API of their own."""
    clock = ApiClock()
    served = set_api_settings_and_clock(built_app(), settings, clock=clock, private=True)
    async with (
        hold_context(served.lifespan()),
        open_caller(served, pool, "Acme", tier="partner") as acme,
        open_caller(served, pool, "Rival", tier="partner") as rival,
        client_of(served) as browser,
    ):
        await pool.execute("update api_key set return_origins = $1", [ORIGIN])
        yield Participants(served, acme, rival, browser, pool, clock)


async def new_project(caller: ApiCaller) -> str:
    created = await caller.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})
    return str(created.json()["id"])


def status(answer: httpx.Response, state: str, tab: str = "social") -> str:
    """Return the status in a person's redirect."""
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ORIGIN}/settings"
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert said.keys() == {"tab", "status", "state"}
    assert (said["tab"], said["state"]) == (tab, state)
    return said["status"]
