"""The base of every simulated platform: its time, faults, ledger, log, consents and routes."""

from collections.abc import Sequence
from typing import Any

from tests.peers.simulators.clock import Clock
from tests.peers.simulators.consent import Consents
from tests.peers.simulators.faults import Faults
from tests.peers.simulators.ledger import Ledger, RequestLog
from tests.peers.simulators.routing import Answer, Refused, Request, Routes


class Simulator:
    """A platform adds its routes in `__init__` and answers the methods below.

    All of it lives in one event loop: handlers need no locks as long as they don't await between a check and
    what follows from it. `base` is its own address, from its start on. `redirect_uris` are those of the one
    application that it knows, compared as text. `bugs` are the simulator's own mistakes: see `served`.
    """

    name = ""

    def __init__(self, *, rate: float = 1.0, redirect_uris: Sequence[str] = ()) -> None:
        self.base = ""
        self.redirect_uris = list(redirect_uris)
        self.bugs: list[BaseException] = []
        self.clock = Clock(rate, self.bugs)
        self.faults = Faults()
        self.ledger = Ledger()
        self.log = RequestLog()
        self.consents = Consents()
        self.routes = Routes()

    async def answer(self, request: Request) -> Answer:
        """The platform's answer, faults aside. An unknown path is 404."""
        found = self.routes.find(request)
        if found is None:
            return self.refusal(404)
        handler, matched = found
        try:
            return await handler(matched)
        except Refused as refused:
            return refused.answer

    def names(self, request: Request) -> Sequence[str]:
        """The names by which a rule of `faults` may call it."""
        return (request.path,)

    def account_of(self, request: Request) -> str | None:
        """The username whose token or upload it comes with, if anybody's."""
        return None

    def refusal(self, status: int) -> Answer:
        """An error of the platform's own shape: 400, 404, 429 or 500."""
        raise NotImplementedError

    def refusal_of(self, request: Request, status: int) -> Answer:
        """The same, in the shape that `request` has its errors in."""
        return self.refusal(status)

    def settle(self) -> None:
        """Bring the ledger up to the clock."""

    def controls(self, routes: Routes) -> None:
        """Add the platform's own controls, under `/_sim/`."""

    def make_account(self, given: dict[str, Any]) -> dict[str, Any]:
        """Make a person of `POST /_sim/accounts`, or change one that is there. ValueError: what is wrong."""
        raise NotImplementedError
