"""The document is complete, and its page loads nothing from other hosts."""

import re
from typing import Any

import httpx
import jsonschema_rs

from api.http.errors import ERROR_CODES
from tests.api.conftest import ApiCaller, built_app
from tests.api.documented_routes import document, routes, sample


def test_every_route_has_an_id_a_summary_and_its_refusals() -> None:
    described = document(built_app())
    ids = [route.id for route in routes(built_app())]
    assert len(ids) == len(set(ids))
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert "500" in operation["responses"]
            if operation["security"]:
                assert {"401", "422", "429", "503"} <= set(operation["responses"])
            if method in {"post", "patch", "delete"} and {"sdkAppKey": []} not in operation["security"]:
                assert "Idempotency-Key" in {one["name"] for one in operation["parameters"]}


def test_every_reference_leads_somewhere() -> None:
    described = document(built_app())
    for ref in re.findall(r'"\$ref":"#/([^"]+)"', built_app().state.openapi.decode()):
        found: Any = described
        for name in ref.split("/"):
            found = found[name]
        assert found


def test_every_code_of_the_contract_is_described() -> None:
    responses = document(built_app())["components"]["responses"]
    for name, code in ERROR_CODES.items():
        assert f"`{name}`" in responses[f"E{code.status}"]["description"]


def test_names_are_camel_case() -> None:
    schemas = document(built_app())["components"]["schemas"].values()
    names = {name for schema in schemas for name in schema.get("properties", {})}
    names |= {name for route in routes(built_app()) if route.needs_key for name in (*route.names, *route.query)}
    assert not [name for name in names if "_" in name]


def test_bodies_are_closed_and_their_examples_fit() -> None:
    described = document(built_app())
    for methods in described["paths"].values():
        for operation in methods.values():
            if "requestBody" not in operation:
                continue
            # JSON is the first or only content type; a table has no fields to close.
            schema = next(iter(operation["requestBody"]["content"].values()))["schema"]
            whole = schema | {"components": described["components"]}
            assert jsonschema_rs.is_valid(whole, sample(schema, described)), operation["operationId"]
            assert not jsonschema_rs.is_valid(whole, sample(schema, described) | {"unknown": 1})


def test_at_least_one_group_is_documented() -> None:
    described = document(built_app())
    choices = {
        name: schema["not"]["properties"].keys()
        for name, schema in described["components"]["schemas"].items()
        if "not" in schema
    }
    assert choices.keys() >= {"ScheduleContent", "Reschedule", "IngestAppStore"}
    for name, fields in choices.items():
        schema = described["components"]["schemas"][name]
        whole = schema | {"components": described["components"]}
        body = {field: value for field, value in sample(schema, described).items() if field not in fields}
        for one in fields:
            assert not jsonschema_rs.is_valid(whole, body | {one: None}), name
            assert jsonschema_rs.is_valid(whole, body | {one: "text"}), name


async def test_the_page_loads_nothing_from_another_host(anonymous: httpx.AsyncClient) -> None:
    for path in (
        "/docs",
        *(f"/docs/{name}" for name in ("page.css", "page.js", "dom.js", "fields.js", "route.js", "send.js")),
    ):
        answer = await anonymous.get(path)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not re.findall(r"(?:https?:)?//[a-z]", answer.text.replace("// ", ""))


async def test_metrics_name_routes_and_no_ids_or_unknown_paths(acme: ApiCaller, anonymous: httpx.AsyncClient) -> None:
    await acme.http.get("/v1/projects/prj_none")
    for method, path in (("BREW", "/v1/projects"), ("GET", "/wp-login.php")):
        await anonymous.request(method, path)
    answer = await anonymous.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'route="/v1/projects/{project_id}",status="404"' in answer.text
    assert 'method="unmatched",route="unmatched",status="404"' in answer.text
    assert not re.search("prj_none|BREW|wp-login", answer.text)
