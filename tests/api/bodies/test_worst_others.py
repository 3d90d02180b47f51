"""The worst tables, forms, queries and headers."""

from itertools import cycle
from typing import Any

import pytest
from litestar import Litestar

from api.http.body_limits import MAX_JSON_BYTES
from tests.api.bodies import worst
from tests.api.bodies.cost_checker import Checker
from tests.api.bodies.worst import Worst
from tests.api.documented_routes import document

pytestmark = pytest.mark.timing

BOUNDARY = b"b" * 60

NAMES = [
    "platform", "adAccountId", "campaignId", "adsetId", "adId", "date", "currency", "spendMicros",
    "impressions", "clicks",
]  # fmt: skip
ROW = ["meta_ads", "1", "1", "1", "1", "2026-11-01", "EUR", "1", "1", "1"]


async def test_tables(checker: Checker) -> None:
    [route] = [one for one in checker.operator.bodies if one.id == "import_ads_metrics"]
    for one in worst.hostile_tables(NAMES, ROW, MAX_JSON_BYTES):
        await checker.check(route, one, kind="text/csv")
        await checker.check(route, one, kind="text/csv", idempotency_key="k")
    checker.assert_cheap()


async def test_forms(checker: Checker, app: Litestar) -> None:
    described = document(app)["paths"]
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
    routes = [
        route
        for route in checker.operator.routes
        if "multipart/form-data" in str(described[route.path][route.method.lower()].get("requestBody"))
    ]
    assert len(routes) > 1
    for route in routes:
        for one in worst.hostile_forms(BOUNDARY, MAX_JSON_BYTES):
            await checker.check(route, one, kind=kind)
    checker.assert_cheap()


QUERIES: dict[str, Any] = {
    "many parameters": "&".join(f"a{number}=1" for number in range(1_300)),
    "one again and again": "&".join(["limit=1"] * 1_000),
    "separators": "&" * 8_000,
    "equals": "=" * 8_000,
    "escapes": "limit=" + "%31" * 2_600,
    "broken escapes": "limit=" + "%" * 8_000,
    "no UTF-8 late": "search=" + "%61" * 2_600 + "%ff",
    "a long value": "{name}=" + "x" * 8_000,
    "many values": "{name}=" + "a," * 4_000,
    "commas": "{name}=" + "," * 8_000,
    "digits": "{name}=" + "1" * 8_000,
    "a long name": "x" * 8_000 + "=1",
}


async def test_queries(checker: Checker) -> None:
    """Sends the 8 KiB of the longest URL: to each parameter of each route, and some to each route."""
    shapes = cycle([shape for shape in QUERIES if "{name}" not in QUERIES[shape]])
    for route in checker.operator.routes:
        if route.method == "GET" and not route.streams:
            sent = [next(shapes), next(shapes), *(shape for shape in QUERIES if "{name}" in QUERIES[shape])]
            for shape in sent:
                for name in route.query if "{name}" in QUERIES[shape] else ("",):
                    path = f"{route.at(checker.operator.ids)}?{QUERIES[shape].replace('{name}', name)}"
                    await checker.send("GET", path, Worst(f"{shape} {name}", b""))
    checker.assert_cheap()


HEADERS: dict[str, dict[str, str]] = {
    "a long key": {"authorization": "Bearer " + "x" * 30_000},
    "a long Idempotency-Key": {"idempotency_key": "x" * 30_000},
    "many versions": {"if_match": ", ".join(['"1"'] * 6_000), "if_none_match": ", ".join(['"1"'] * 6_000)},
    "quotes": {"if_match": '"' * 15_000, "if_none_match": 'W/"' * 5_000},
    "a long type": {"kind": "application/json;" + " a=b;" * 6_000},
    "a long boundary": {"kind": "multipart/form-data; boundary=" + "b" * 30_000},
    "many boundaries": {"kind": "multipart/form-data;" + ' boundary="b";' * 2_000},
    "a trace": {"traceparent": "0" * 15_000, "tracestate": "a=b," * 3_000},
    "addresses": {"x_forwarded_for": "1.1.1.1, " * 3_000, "forwarded": "for=1.1.1.1, " * 2_000},
    "a range": {"range": "bytes=" + "0-1," * 6_000},
    "cookies": {"cookie": "a=b; " * 6_000},
    "encodings": {"accept_encoding": "gzip, " * 5_000, "content_encoding": "gzip, " * 5_000},
    "a long length": {"content_length": "9" * 30_000},
}


async def test_headers(checker: Checker) -> None:
    """Sends the 32 KiB of the longest head: all shapes to some routes, and some to each route."""
    shapes = cycle(HEADERS)
    for route in checker.operator.routes:
        if not route.streams:
            every = route.id in {"get_job", "patch_project", "upload_content"}
            for shape in HEADERS if every else (next(shapes), next(shapes)):
                path = route.at(checker.operator.ids)
                await checker.send(route.method, path, Worst(shape, b"{}"), **HEADERS[shape])
    checker.assert_cheap()
