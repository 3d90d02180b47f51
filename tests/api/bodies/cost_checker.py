"""Sends hostile requests to routes, and records each with a high cost."""

from typing import Any, NamedTuple

import msgspec
from litestar import Litestar

from api.http.body_limits import BODY_LIMIT_ROUTE_OPTION
from tests.api.all_objects import AllRightsCaller
from tests.api.bodies.metering import CpuCost, MeteredRequest, measure
from tests.api.bodies.worst import Worst
from tests.api.documented_routes import DocumentedRoute, document, sample

#: Limits in milliseconds of CPU: of one step on the event loop, and of a refusal in all threads.
STEP_MS, REFUSAL_MS = 10.0, 50.0

#: Number of repeated measurements of an expensive request. The smallest counts: a cold cache only adds.
REPEATS = 6

BAD = 400


class Checker:
    """`dear` lists each request with a high cost, `statuses` the statuses of all requests."""

    def __init__(self, app: Litestar, operator: AllRightsCaller) -> None:
        self.app, self.operator = app, operator
        self.dear: list[str] = []
        self.statuses: list[int] = []

    async def check(self, route: DocumentedRoute, one: Worst, *, kind: str = "application/json", **more: str) -> None:
        """Send a body to a route of the document."""
        await self.send(route.method, route.at(self.operator.ids), one, kind=kind, **more)

    async def send(self, method: str, path: str, one: Worst, *, key: str = "", **more: str) -> None:
        """Send a body with the operator's key, or another one; the path may have a query."""
        path, _, query = path.partition("?")
        kind = more.pop("kind", "application/json")
        headers = {"authorization": f"Bearer {key or self.operator.key}", "content-type": kind}
        named = {name.replace("_", "-"): value for name, value in more.items()}
        encoded = [(name.encode(), value.encode()) for name, value in {**headers, **named}.items()]
        sent = MeteredRequest(method, path, encoded, one.body, query.encode())
        cost = await self._cheapest(sent)
        self.statuses.append(cost.status)
        if _is_dear(cost):
            times = f"{cost.step_ms:.1f} ms in a step, {cost.total_ms:.1f} in all"
            self.dear.append(f"{method} {path}: {one.shape}, {len(one.body)} bytes: {times}, {cost.status}")

    async def _cheapest(self, sent: MeteredRequest) -> CpuCost:
        cost = await measure(self.app, sent)
        for _ in range(REPEATS):
            if not _is_dear(cost):
                break
            cost = cost.cheaper(await measure(self.app, sent))
        return cost

    def assert_cheap(self) -> None:
        assert self.statuses
        assert not self.dear, "\n".join(self.dear)


def _is_dear(cost: CpuCost) -> bool:
    return cost.step_ms >= STEP_MS or (cost.status >= BAD and cost.total_ms >= REFUSAL_MS)


class BodyFields(NamedTuple):
    """A value for each field of a body, and one field name for each type."""

    values: dict[str, Any]
    names: list[str]


def body_fields_of(app: Litestar, route: DocumentedRoute) -> BodyFields:
    """Return the fields of a route's body."""
    described = document(app)
    operation = described["paths"][route.path][route.method.lower()]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    shape = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    properties: dict[str, Any] = shape["properties"]
    values = {name: sample(field, described) for name, field in properties.items()}
    return BodyFields(values, [*{_type_of(field): name for name, field in properties.items()}.values()])


def _type_of(schema: dict[str, Any]) -> bytes:
    """Describe the values of a schema. For a text without a length, its description is the only
    distinction.
    """
    words = (
        {"examples"} if schema.get("type") == "string" and "maxLength" not in schema else {"examples", "description"}
    )
    return msgspec.json.encode({word: said for word, said in schema.items() if word not in words})


def body_limits_of(app: Litestar) -> dict[str, int]:
    """Return the body limit in bytes of each route, by operation id."""
    return {
        handler.handler_name: handler.opt[BODY_LIMIT_ROUTE_OPTION]
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
    }
