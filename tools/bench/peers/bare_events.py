"""Bare Litestar app, the peer of the event route: the same bodies and responses.

No key, no limit, no validation, no Postgres: the minimal cost of a request.
"""

import zlib

import msgspec
from litestar import Litestar, Request, post

from schemas.events import EventIn


class BareEventRequestBody(msgspec.Struct):
    events: list[EventIn]


class BareEventResponseBody(msgspec.Struct):
    accepted: int
    duplicates: int
    rejected: list[int]


BENCH_EVENTS_DECODER = msgspec.json.Decoder(BareEventRequestBody)


@post("/v1/apps/{app_id:str}/events", status_code=202)
async def handle_bare_events(request: Request) -> BareEventResponseBody:  # type: ignore[type-arg]
    body = BENCH_EVENTS_DECODER.decode(zlib.decompress(await request.body(), wbits=31))
    return BareEventResponseBody(len(body.events), 0, [])


def create_app() -> Litestar:
    """Return the bare Litestar app for events, for `python -m api --app`."""
    return Litestar([handle_bare_events], openapi_config=None)
