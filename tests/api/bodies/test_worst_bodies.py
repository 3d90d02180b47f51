"""The worst bodies for each route of the document: no step blocks the loop, and each refusal is cheap."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar

from api.http.body_limits import MAX_JSON_BYTES
from tests.api.bodies import worst
from tests.api.bodies.cost_checker import Checker, body_fields_of, body_limits_of
from tests.api.bodies.worst import DEAREST, SHAPES, Worst
from tests.api.documented_routes import DocumentedRoute

pytestmark = pytest.mark.timing

#: Number of parts of the test of all shapes; each takes half a minute.
PARTS = 8


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
async def test_all_shapes_for_each_route(checker: Checker, app: Litestar, part: int) -> None:
    for route in checker.operator.bodies[part::PARTS]:
        size, known = body_limits_of(app)[route.id], body_fields_of(app, route)
        for one in [*worst.bodies_with_value(known.values, known.names, size), *list_bodies(route, known.values, size)]:
            await checker.check(route, one)
        if size < MAX_JSON_BYTES:
            await checker.check(route, Worst("a megabyte", SHAPES["lists"](MAX_JSON_BYTES)))
    checker.assert_cheap()


def list_bodies(route: DocumentedRoute, values: dict[str, Any], size: int) -> Iterator[Worst]:
    for field, value in values.items():
        if isinstance(value, list) and value:
            yield from worst.bodies_with_items(route.body, field, value[0], size)


async def test_routes_without_a_body(checker: Checker) -> None:
    for route in checker.operator.writes:
        if route.body is None:
            for name in DEAREST:
                await checker.check(route, Worst(name, SHAPES[name](MAX_JSON_BYTES)))
    checker.assert_cheap()
