"""Bad input to every route of the document: its code, the envelope, and no change."""

import re
from itertools import product

import msgspec
import pytest
from litestar import Litestar

from db.pool import Pool
from tests.api.all_objects import AllRightsCaller
from tests.api.conftest import EVERYTHING, ApiCaller, client_of, new_key
from tests.api.documented_routes import document
from tests.api.refusals import assert_refused, issue_paths

JSON = {"Content-Type": "application/json"}


@pytest.mark.usefixtures("unchanged")
async def test_every_route_needs_a_complete_key_and_known_parameters(app: Litestar, operator: AllRightsCaller) -> None:
    half = operator.key[: len(operator.key) // 2]
    for headers in ({}, {"X-Api-Key": half}, {"Authorization": f"Bearer {half}"}):
        async with client_of(app) as stranger:
            for route in operator.routes:
                answer = await stranger.request(route.method, route.at(operator.ids), headers=headers)
                assert_refused(answer, 401, "UNAUTHENTICATED")
    for route in operator.routes:
        answer = await operator.send(route, params={"colour": "red"})
        assert_refused(answer, 422, "VALIDATION", "colour")


BAD_VALUES = ("", "nonsense", "-1", str(2**70), "1.5", "x" * 5_000, "\0", "é", "2026-13-01T00:00:00Z")


@pytest.mark.usefixtures("unchanged")
async def test_error_names_a_documented_parameter(operator: AllRightsCaller) -> None:
    """Some parameters have other names in Python: `scope` once appeared as `metricScope` in the answer."""
    refusals = set[tuple[str, str]]()
    for route in operator.routes:
        if route.method != "GET" or route.streams:
            continue
        for name, value in product(route.query, BAD_VALUES):
            answer = await operator.send(route, params={name: value})
            assert answer.status_code < 500, (route.path, name, value)
            if answer.status_code == 422:
                named = {re.split(r"[\[.]", path)[0] for path in issue_paths(answer)}
                assert named <= {*route.query, *route.names}, (route.path, name, value, named)
                refusals.add((route.path, name))
    assert {name for path, name in refusals if path.endswith("metrics")} >= {"scope", "id", "granularity"}


UNREADABLE = (
    b'{"name": ',
    b"nonsense",
    b'{"name": "\xff"}',
    b'{"name": "\x00"}',
    b'{"name": "\\ud800"}',
    b'{"name": 5, "scopes": ["\\udc00"]}',
    b"[" * 4_000,
)


OTHER_TYPES = ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", "")


@pytest.mark.usefixtures("unchanged")
async def test_bad_body_or_idempotency_key_is_refused(operator: AllRightsCaller) -> None:
    """No JSON, no object, an unknown field, a converted value, a NUL character, another type."""
    await check_writes(operator)
    for route in operator.bodies:
        for unreadable in UNREADABLE:
            answer = await operator.send(route, content=unreadable, headers=JSON)
            assert_refused(answer, 400, "BAD_REQUEST")
        for content in (b"[]", b"null", b'"text"', b"1"):
            answer = await operator.send(route, content=content)
            assert_refused(answer, 422, "VALIDATION", "body")
        answer = await operator.send(route, json=route.body | {"colour": "red"})
        assert_refused(answer, 422, "VALIDATION", "colour")
        for field, value in route.body.items():
            wrong = 5 if isinstance(value, str) else str(value)
            answer = await operator.send(route, json=route.body | {field: wrong})
            assert_refused(answer, 422, "VALIDATION", field)
            if isinstance(value, str):
                answer = await operator.send(route, json=route.body | {field: f"{value}\0"})
                assert_refused(answer, 422, "VALIDATION")
        for kind in OTHER_TYPES:
            answer = await operator.send(route, json=route.body, headers={"Content-Type": kind})
            assert_refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


async def check_writes(operator: AllRightsCaller) -> None:
    """Check that each write refuses a body that it does not take, and a bad idempotency key."""
    for route in operator.writes:
        if route.body is None:
            answer = await operator.send(route, json={"colour": "red"})
            assert_refused(answer, 422, "VALIDATION", "body")
        for key in ("", "x" * 256):
            answer = await operator.send(route, json=route.body or {}, headers={"Idempotency-Key": key})
            assert_refused(answer, 422, "VALIDATION", "Idempotency-Key")


async def test_a_nul_character_deep_in_metadata_is_refused(acme: ApiCaller) -> None:
    """An escaped backslash before `u0000` is kept."""
    for text in (r"a\u0000b", r"\\\u0000", r"\\u0000", r"\\\\u0000", "u0000"):
        body = f'{{"name": "Shop", "timezone": "UTC", "metadata": {{"a": ["{text}"]}}}}'.encode()
        answer = await acme.http.post("/v1/projects", content=body, headers=JSON)
        if "\0" in (kept := msgspec.json.decode(f'"{text}"')):
            assert_refused(answer, 422, "VALIDATION")
        else:
            assert answer.json()["metadata"] == {"a": [kept]}


LIMITS = ("0", "201", "0x10", "-1", "1.5", "", "99999999999999999999", "1e2", "5.0", "+5", " 5", "1_0", "٥")
CURSORS = ("", "x", "AAAA", "A" * 43, "A" * 100, "A" * 101, "ü", "eyJpZCI6MX0", "0" * 32)


@pytest.mark.usefixtures("unchanged")
async def test_limit_is_from_1_to_200_and_cursor_from_a_list(operator: AllRightsCaller) -> None:
    invalid = [("limit", limit) for limit in LIMITS] + [("cursor", cursor) for cursor in CURSORS]
    for route, (name, value) in product(operator.lists, invalid):
        assert_refused(await operator.send(route, params={name: value}), 422, "VALIDATION", name)
    for query, path in QUERIES.items():
        assert_refused(await operator.http.get(f"/v1/audit-log?{query}"), 422, "VALIDATION", path)


async def test_a_cursor_of_another_list_or_with_a_changed_end_is_refused(acme: ApiCaller) -> None:
    for name in ("a", "b"):
        await acme.http.post("/v1/projects", json={"name": name, "timezone": "UTC"})
    cursor = (await acme.http.get("/v1/projects", params={"limit": "1"})).json()["nextCursor"]
    assert (await acme.http.get("/v1/projects", params={"cursor": cursor})).status_code == 200
    changed = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for path, given in (("/v1/jobs", cursor), ("/v1/api-keys", cursor), ("/v1/projects", changed)):
        assert_refused(await acme.http.get(path, params={"cursor": given}), 422, "VALIDATION", "cursor")


QUERIES = {
    "action=%00": "action",
    "action=%ff": "query",
    "action=%ed%a0%80": "query",
    "cursor=a&cursor=b": "cursor",
    "limit=1&limit=2": "limit",
    "&".join(f"a{number}=1" for number in range(200)): "query",
    f"action={'x' * 129}": "action",
}

NO_IDS = ("%00", "%ff", "prj_", "' or 1=1 --", "..%2f", "x" * 5000, "job_")


@pytest.mark.usefixtures("unchanged")
async def test_malformed_id_or_another_kinds_prefix_is_not_found(operator: AllRightsCaller) -> None:
    for route in operator.routes:
        for name in route.names:
            another = f"other_{operator.ids[name].rpartition('_')[2]}"
            for value in (*NO_IDS, another):
                path = route.at(operator.ids | {name: value})
                assert_refused(await operator.http.request(route.method, path, **route.sent), 404, "NOT_FOUND")


NEEDED = re.compile(r"Needs the scope `([a-z:]+)`")


async def test_each_route_needs_its_scope(app: Litestar, operator: AllRightsCaller, pool: Pool) -> None:
    """A key with every scope but that one is refused; `*` includes all but the operators' scopes."""
    needed = {
        operation["operationId"]: found[1]
        for methods in document(app)["paths"].values()
        for operation in methods.values()
        if (found := NEEDED.search(operation["description"]))
    }
    assert len(needed) > 30
    # A key that only reads can't write. `retry_jobs` skips a job if the key lacks the scope to start it.
    writes = {route.id for route in operator.routes if route.method != "GET"}
    assert {one for one in writes if needed.get(one, "").endswith(":read")} == {"retry_jobs"}
    organization = await pool.fetchval("select organization_id from api_key limit 1")
    star = await new_key(pool, organization)
    for scope in sorted(set(needed.values())):
        others = tuple(one for one in EVERYTHING if one not in {scope, "*"})
        for key in (await new_key(pool, organization, scopes=others), star):
            async with client_of(app, key) as client:
                for route in operator.routes:
                    if needed.get(route.id) == scope and (key != star or scope.startswith("ops:")):
                        answer = await client.request(route.method, route.at(operator.ids), **route.sent)
                        assert_refused(answer, 403, "FORBIDDEN_SCOPE")
                        assert answer.json()["error"]["details"] == {"requiredScope": scope}
