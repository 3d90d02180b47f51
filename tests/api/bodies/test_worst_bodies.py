"""The worst bodies to each route that the document has: no step holds the loop, and no refusal is dear."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from litestar import Litestar

from api import event_limits, ratelimit
from api.body_limits import MAX_BYTES, OPTION
from api.event_limits import EventLimits
from tests.api.bodies import worst
from tests.api.bodies.metering import Cost, Sent, collecting_garbage, measure
from tests.api.bodies.worst import DEAREST, SHAPES, Worst
from tests.api.described import Route, document, sample
from tests.api.everything import Operator

#: Milliseconds of CPU: of one step on the loop, and of a refusal in all threads.
STEP_MS, REFUSAL_MS = 10.0, 50.0

#: Times that a dear request is measured again. The smallest counts: a cold cache only adds.
REPEATS = 4

BAD = 400

#: Parts of the test of all shapes, each of which takes a minute.
PARTS = 8


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the body refuses."""
    many = 10**9
    quota = ratelimit.RequestLimits(dict.fromkeys(ratelimit.Class, many), many)
    monkeypatch.setitem(ratelimit.QUOTAS, "partner", quota)
    monkeypatch.setitem(event_limits.LIMITS, "partner", EventLimits(many, many))


class Checker:
    """Sends bodies to one route, and notes each that is too dear."""

    def __init__(self, app: Litestar, operator: Operator) -> None:
        self.app, self.operator = app, operator
        self.dear: list[str] = []
        self.sent = 0

    async def check(self, route: Route, one: Worst, *, kind: str = "application/json", **more: str) -> None:
        headers = {"Authorization": f"Bearer {self.operator.key}", "Content-Type": kind} | more
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.check_sent(
            Sent(route.method, route.at(self.operator.ids), encoded, one.body), f"{route.id}: {one.shape}"
        )

    async def check_sent(self, sent: Sent, name: str) -> None:
        cost = await self._cheapest(sent)
        self.sent += 1
        if _is_dear(cost):
            times = f"{cost.step_ms:.1f} ms in a step, {cost.total_ms:.1f} in all"
            self.dear.append(f"{name}, {len(sent.body)} bytes: {times}, {cost.status}")

    async def _cheapest(self, sent: Sent) -> Cost:
        cost = await measure(self.app, sent)
        for _ in range(REPEATS):
            if not _is_dear(cost):
                break
            cost = cost.cheaper(await measure(self.app, sent))
        return cost


def _is_dear(cost: Cost) -> bool:
    return cost.step_ms >= STEP_MS or (cost.status >= BAD and cost.total_ms >= REFUSAL_MS)


@pytest_asyncio.fixture
async def checker(app: Litestar, operator: Operator) -> AsyncIterator[Checker]:
    with collecting_garbage():
        yield Checker(app, operator)


def limits(app: Litestar) -> dict[str, int]:
    """Bytes of each route's body, by the operation's id."""
    return {
        handler.handler_name: handler.opt[OPTION]
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
    }


def fields(app: Litestar, route: Route) -> dict[str, Any]:
    """A value for each field of a route's body."""
    described = document(app)
    schemas = described["components"]["schemas"]
    operation = described["paths"][route.path][route.method.lower()]
    content = operation["requestBody"]["content"]
    [schema] = [one["schema"] for kind, one in content.items() if kind == "application/json"]
    shape = schemas[schema["$ref"].rpartition("/")[2]]
    return {name: sample(field, described) for name, field in shape["properties"].items()}


def of_lists(route: Route, values: dict[str, Any], size: int) -> Iterator[Worst]:
    for field, value in values.items():
        if isinstance(value, list) and value:
            yield from worst.of_items(route.body, field, value[0], size)


async def test_the_dearest_shapes_to_each_route(checker: Checker, app: Litestar) -> None:
    """At the length that the route takes."""
    for route in checker.operator.bodies:
        size = limits(app)[route.id]
        for one in worst.of_value(fields(app, route), size, {name: SHAPES[name] for name in DEAREST}):
            await checker.check(route, one)
    assert checker.sent > 1_000
    assert not checker.dear, "\n".join(checker.dear)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
async def test_all_shapes_to_each_route(checker: Checker, app: Litestar, part: int) -> None:
    for route in checker.operator.bodies[part::PARTS]:
        size, values = limits(app)[route.id], fields(app, route)
        for one in [*worst.of_value(values, size), *of_lists(route, values, size)]:
            await checker.check(route, one)
        if size < MAX_BYTES:
            await checker.check(route, Worst("a megabyte", SHAPES["lists"](MAX_BYTES)))
    assert not checker.dear, "\n".join(checker.dear)
