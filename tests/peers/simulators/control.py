"""Control API of a simulator for tests, on the platform's own port under `/_sim/`.

All bodies and responses are JSON. An invalid request gets 400 `{"error": text}`. Faults do not apply here,
and requests are not logged. A platform adds its own controls by `Simulator.controls`.

- `POST /_sim/clock {"advance_s"}`: advances the clock and waits until due work is done. `GET`: `{"now":
  seconds since 1970}`.
- `POST /_sim/faults {"path", "fault", "times": 1, "skip": 0, "method": null, "account": null}`: see
  `faults.py`. `GET`: `{"rules": [...], "held": number}`. `DELETE`: removes the pending rules.
- `POST /_sim/release`: sends the held responses of `accept_then_timeout`, and runs the requests that
  `drop_then_accept` dropped: `{"accepted": [status, ...]}`.
- `GET /_sim/ledger`: see `ledger.py`.
- `GET /_sim/requests`: see `ledger.py`.
- `POST /_sim/accounts {"username", ...}`: creates or changes a person, as the platform describes.
- `POST /_sim/consent {"username", "allow": true, "scopes": null}`: this person answers every authorize page
  from now on. With `"url"`: answers that page once: `{"location": the redirect's address}`.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tests.peers.simulators.consent import ALLOW, PERSON, SCOPES, Choice
from tests.peers.simulators.faults import Rule
from tests.peers.simulators.routing import Request, RouteHandler, Routes, SimReply, as_json
from tests.peers.simulators.simulator import Simulator


class Controlled:
    """Handlers of the control API. `later`: dropped requests to run later; `go` releases held responses."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.later: list[Request] = []
        self.go = asyncio.Event()
        self._routes = Routes()
        for method, path, handler in (
            ("GET", "clock", self.clock),
            ("POST", "clock", self.moved),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.ordered),
            ("DELETE", "faults", self.no_faults),
            ("POST", "release", self.release),
            ("GET", "ledger", self.ledger),
            ("GET", "requests", self.requests),
            ("POST", "accounts", self.accounts),
            ("POST", "consent", self.consent),
        ):
            self._routes.add(method, f"/_sim/{path}", handler)
        simulator.controls(self._routes)

    async def answer(self, request: Request) -> SimReply:
        found = self._routes.find(request)
        if found is None:
            return as_json({"error": f"no such control: {request.method} {request.path}"}, 404)
        handler, matched = found
        try:
            return await handler(matched)
        except (ValueError, LookupError, TimeoutError, msgspec.ValidationError) as error:
            return as_json({"error": f"{type(error).__name__}: {error}"}, 400)

    async def clock(self, _: Request) -> SimReply:
        return as_json({"now": self.simulator.clock.now()})

    async def moved(self, request: Request) -> SimReply:
        self.simulator.clock.advance(asked_of(request)["advance_s"])
        await self.simulator.clock.quiet()
        return await self.clock(request)

    async def faults(self, _: Request) -> SimReply:
        faults = self.simulator.faults
        return as_json({"rules": faults.rules, "held": faults.held})

    async def ordered(self, request: Request) -> SimReply:
        self.simulator.faults.rules.append(msgspec.json.decode(request.body, type=Rule))
        return await self.faults(request)

    async def no_faults(self, request: Request) -> SimReply:
        self.simulator.faults.rules.clear()
        return await self.faults(request)

    async def release(self, _: Request) -> SimReply:
        go, self.go = self.go, asyncio.Event()
        go.set()
        late, self.later = self.later, []
        return as_json({"accepted": [(await self.simulator.answer(request)).status for request in late]})

    async def ledger(self, _: Request) -> SimReply:
        self.simulator.settle()
        return as_json(self.simulator.ledger.summary())

    async def requests(self, _: Request) -> SimReply:
        return as_json(self.simulator.log.summary())

    async def accounts(self, request: Request) -> SimReply:
        return as_json(self.simulator.make_account(asked_of(request)))

    async def consent(self, request: Request) -> SimReply:
        asked = asked_of(request)
        url = asked.pop("url", None)
        choice = msgspec.convert(asked, Choice)
        if url is None:
            self.simulator.consents.at_once = choice
            return as_json({})
        answer = await self.simulator.answer(opened(url, choice))
        if "Location" not in answer.headers:
            raise ValueError(f"the authorize page says {answer.status}: {answer.body.decode()}")
        return as_json({"location": answer.headers["Location"]})


def asked_of(request: Request) -> dict[str, Any]:
    """Decode the body as an object. Raises ValidationError for other JSON."""
    return msgspec.json.decode(request.body or b"{}", type=dict[str, Any])


def opened(url: str, choice: Choice) -> Request:
    """Return the request that `choice` makes on the authorize page."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query |= {PERSON: choice.username, ALLOW: "1" if choice.allow else "0"}
    if choice.scopes is not None:
        query[SCOPES] = ",".join(choice.scopes)
    return Request(method="GET", path=parts.path, query=query, headers={}, body=b"")


def doing(work: Callable[[dict[str, Any]], Any]) -> RouteHandler:
    """Wrap a function of the body as a platform-specific control."""

    async def handler(request: Request) -> SimReply:
        return as_json(work(asked_of(request)))

    return handler
