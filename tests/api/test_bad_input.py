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
async def test_every_route_needs_a_complete_key(app: Litestar, operator: AllRightsCaller) -> None:
    half = operator.key[: len(operator.key) // 2]
    for headers in ({}, {"X-Api-Key": half}, {"Authorization": f"Bearer {half}"}):
        async with client_of(app) as stranger:
            for route in operator.routes:
                answer = await stranger.request(route.method, route.at(operator.ids), headers=headers)
                assert_refused(answer, 401, "UNAUTHENTICATED")


@pytest.mark.usefixtures("unchanged")
async def test_no_route_has_a_parameter_that_is_not_described(operator: AllRightsCaller) -> None:
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


@pytest.mark.usefixtures("unchanged")
async def test_invalid_json_is_refused(operator: AllRightsCaller) -> None:
    for route, body in product(operator.bodies, UNREADABLE):
        assert_refused(await operator.send(route, content=body, headers=JSON), 400, "BAD_REQUEST")


@pytest.mark.usefixtures("unchanged")
async def test_a_body_is_an_object(operator: AllRightsCaller) -> None:
    for route, body in product(operator.bodies, ([], None, "text", 1)):
        assert_refused(
            await operator.send(route, content=msgspec.json.encode(body)), 422, "VALIDATION", "body"
        )


@pytest.mark.usefixtures("unchanged")
async def test_an_unknown_field_is_named(operator: AllRightsCaller) -> None:
    for route in operator.bodies:
        answer = await operator.send(route, json=route.body | {"colour": "red"})
        assert_refused(answer, 422, "VALIDATION", "colour")


@pytest.mark.usefixtures("unchanged")
async def test_numbers_and_texts_are_not_converted(operator: AllRightsCaller) -> None:
    for route in operator.bodies:
        for field, value in route.body.items():
            wrong = 5 if isinstance(value, str) else str(value)
            body = route.body | {field: wrong}
            answer = await operator.send(route, json=body)
            assert_refused(answer, 422, "VALIDATION", field)


@pytest.mark.usefixtures("unchanged")
async def test_nul_character_is_refused_in_any_place(operator: AllRightsCaller) -> None:
    for route in operator.bodies:
        for field, value in route.body.items():
            if isinstance(value, str):
                body = route.body | {field: f"{value}\0"}
                answer = await operator.send(route, json=body)
                assert_refused(answer, 422, "VALIDATION")


async def test_a_nul_character_deep_in_metadata_is_refused(acme: ApiCaller) -> None:
    for text in (r"a\u0000b", r"\\\u0000"):
        body = f'{{"name": "Shop", "timezone": "UTC", "metadata": {{"a": ["{text}"]}}}}'.encode()
        assert_refused(await acme.http.post("/v1/projects", content=body, headers=JSON), 422, "VALIDATION")


async def test_escaped_backslash_before_u0000_is_kept(acme: ApiCaller) -> None:
    for text in (r"\\u0000", r"\\\\u0000", "u0000"):
        body = f'{{"name": "Shop", "timezone": "UTC", "metadata": {{"a": "{text}"}}}}'.encode()
        answer = await acme.http.post("/v1/projects", content=body, headers=JSON)
        assert answer.json()["metadata"] == {"a": msgspec.json.decode(f'"{text}"')}


@pytest.mark.usefixtures("unchanged")
async def test_ten_megabytes_are_too_many(operator: AllRightsCaller) -> None:
    body = b'{"name": "' + b"x" * 10 * 1024 * 1024 + b'"}'
    for route in operator.writes:
        assert_refused(await operator.send(route, content=body, headers=JSON), 413, "PAYLOAD_TOO_LARGE")


OTHER_TYPES = ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", "")


@pytest.mark.usefixtures("unchanged")
async def test_only_json_is_read(operator: AllRightsCaller) -> None:
    for route, kind in product(operator.bodies, OTHER_TYPES):
        body, headers = msgspec.json.encode(route.body), {"Content-Type": kind}
        answer = await operator.send(route, content=body, headers=headers)
        assert_refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.usefixtures("unchanged")
async def test_write_without_a_body_type_refuses_a_body(operator: AllRightsCaller) -> None:
    for route in operator.writes:
        if route.body is None:
            answer = await operator.send(route, json={"colour": "red"})
            assert_refused(answer, 422, "VALIDATION", "body")


@pytest.mark.usefixtures("unchanged")
async def test_an_idempotency_key_has_its_form_on_every_write(operator: AllRightsCaller) -> None:
    for route in operator.writes:
        for key in ("", "x" * 256):
            answer = await operator.send(route, json=route.body or {}, headers={"Idempotency-Key": key})
            assert_refused(answer, 422, "VALIDATION", "Idempotency-Key")


LIMITS = ("0", "201", "abc", "-1", "1.5", "", "99999999999999999999", "1e2", "5.0", "+5", " 5", "1_0", "٥")
CURSORS = ("", "x", "AAAA", "A" * 43, "A" * 100, "A" * 101, "ü", "eyJpZCI6MX0", "0" * 32)


@pytest.mark.usefixtures("unchanged")
async def test_a_limit_is_from_1_to_200(operator: AllRightsCaller) -> None:
    for route, limit in product(operator.lists, LIMITS):
        assert_refused(await operator.send(route, params={"limit": limit}), 422, "VALIDATION", "limit")


@pytest.mark.usefixtures("unchanged")
async def test_invented_cursor_is_refused(operator: AllRightsCaller) -> None:
    for route, cursor in product(operator.lists, CURSORS):
        assert_refused(await operator.send(route, params={"cursor": cursor}), 422, "VALIDATION", "cursor")


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
async def test_query_is_text_without_duplicates(operator: AllRightsCaller) -> None:
    for query, path in QUERIES.items():
        assert_refused(await operator.http.get(f"/v1/audit-log?{query}"), 422, "VALIDATION", path)


@pytest.mark.usefixtures("unchanged")
async def test_malformed_id_is_not_found(operator: AllRightsCaller) -> None:
    for route, value in product(operator.routes, NO_IDS):
        for name in route.names:
            path = route.at(operator.ids | {name: value})
            assert_refused(await operator.http.request(route.method, path, **route.sent), 404, "NOT_FOUND")


async def test_another_kinds_prefix_is_not_found_and_a_bare_uuid_is_found(operator: AllRightsCaller) -> None:
    bare = operator.ids["projectId"].removeprefix("prj_")
    assert (await operator.http.get(f"/v1/projects/{bare}")).status_code == 200
    assert_refused(await operator.http.get(f"/v1/projects/job_{bare}"), 404, "NOT_FOUND")
    assert_refused(await operator.http.get(f"/v1/jobs/{operator.ids['projectId']}"), 404, "NOT_FOUND")


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
