"""Base of every simulated platform: clock, faults, ledger, log, consents and routes."""

from collections.abc import Sequence
from typing import Any

from tests.peers.simulators.clock import SimulatorClock
from tests.peers.simulators.consent import ConsentState
from tests.peers.simulators.faults import Faults
from tests.peers.simulators.ledger import Ledger, RequestLog
from tests.peers.simulators.routing import Refused, Request, Routes, SimReply


class Simulator:
    """A platform adds its routes in `__init__` and overrides the methods below.

    It runs in one event loop: handlers need no locks unless they await between a check and its consequence.
    `base` is its address, set at the start. `redirect_uris` are those of its only application, compared as
    text. `bugs` are errors of the simulator itself: see `served`.
    """

    name = ""

    def __init__(self, *, rate: float = 1.0, redirect_uris: Sequence[str] = ()) -> None:
        self.base = ""
        self.redirect_uris = list(redirect_uris)
        self.bugs: list[BaseException] = []
        self.clock = SimulatorClock(rate, self.bugs)
        self.faults = Faults()
        self.ledger = Ledger()
        self.log = RequestLog()
        self.consents = ConsentState()
        self.routes = Routes()

    async def answer(self, request: Request) -> SimReply:
        """Return the platform's response, apart from faults. An unknown path gets 404."""
        found = self.routes.find(request)
        if found is None:
            return self.refusal(404)
        handler, matched = found
        try:
            return await handler(matched)
        except Refused as refused:
            return refused.answer

    def names(self, request: Request) -> Sequence[str]:
        """Return the request's names for rules of `faults`."""
        return (request.path,)

    def account_of(self, request: Request) -> str | None:
        """Return the username of the request's token or upload, if any."""
        return None

    def refusal(self, status: int) -> SimReply:
        """Return an error in the platform's format: 400, 404, 429 or 500."""
        raise NotImplementedError

    def refusal_of(self, request: Request, status: int) -> SimReply:
        """Return an error in the format of this request's route."""
        return self.refusal(status)

    def settle(self) -> None:
        """Update the ledger to the clock."""

    def controls(self, routes: Routes) -> None:
        """Add the platform's own controls, under `/_sim/`."""

    def make_account(self, given: dict[str, Any]) -> dict[str, Any]:
        """Create or change a person from `POST /_sim/accounts`. Raises ValueError for invalid fields."""
        raise NotImplementedError
