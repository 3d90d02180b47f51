"""OpenAPI document: descriptions, names and examples for each visible part."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from api.app import build
from api.openapi.examples import examples

Json = dict[str, Any]


@cache
def document() -> Json:
    found: Json = msgspec.json.decode(build().state.openapi)
    return found


def schemas() -> dict[str, Json]:
    found: dict[str, Json] = document()["components"]["schemas"]
    return found


def operations() -> Iterator[Json]:
    for methods in document()["paths"].values():
        yield from methods.values()


def inside(thing: Any) -> Iterator[Json]:
    """Yield a JSON value's objects, itself included."""
    if isinstance(thing, dict):
        yield thing
    for part in thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ():
        yield from inside(part)


def test_every_property_is_described() -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in schemas().items()
        for field, about in schema.get("properties", {}).items()
        if not about.get("description")
    ]
    assert not silent, "describe each in a docstring below the field, in schemas/"


def test_every_shape_and_parameter_is_described() -> None:
    assert not [name for name, schema in schemas().items() if not schema.get("description")]
    silent = [
        f"{operation['operationId']}.{one['name']}"
        for operation in operations()
        for one in operation["parameters"]
        if not one.get("description")
    ]
    assert not silent, "describe a query's in its QueryParameter, a path's in api/openapi/parameters.py"


def test_every_group_is_described() -> None:
    described = {tag["name"] for tag in document()["tags"]}
    assert {tag for one in operations() for tag in one["tags"]} == described, "see api/openapi/document.py"


def test_every_enum_has_a_name() -> None:
    """A generated client then has one type for it. `propertyNames` is not the type of a value."""
    shapes = [schema.get("properties", {}) for schema in schemas().values()]
    parameters = [one["schema"] for operation in operations() for one in operation["parameters"]]
    unnamed = [
        part["enum"]
        for thing in inside([shapes, parameters])
        for part in thing.values()
        if isinstance(part, dict) and "enum" in part and part is not thing.get("propertyNames")
    ]
    assert not unnamed, "name each in api/openapi/enums.py"


def test_every_schema_is_used() -> None:
    used = {thing["$ref"].rpartition("/")[2] for thing in inside(document()) if "$ref" in thing}
    assert not schemas().keys() - used


def test_a_field_that_may_be_left_out_has_no_default_for_generators() -> None:
    """Client generators treat a field with a default as always present."""
    for schema in schemas().values():
        assert not [name for name, about in schema.get("properties", {}).items() if "default" in about]


def test_an_object_without_fields_takes_any() -> None:
    for thing in inside(schemas()):
        if thing.get("type") == "object" and "properties" not in thing:
            assert thing["additionalProperties"]


TELL = "add it to tests/api/examples, then run `python -m tests.api.examples`"


def test_every_operation_has_an_example_and_every_example_an_operation() -> None:
    assert {operation["operationId"] for operation in operations()} == examples().keys(), TELL


def test_every_body_and_answer_has_an_example_that_fits() -> None:
    """Binary bodies are exempt, since examples are text."""
    for operation in operations():
        name, told = operation["operationId"], examples()[operation["operationId"]]
        answer = operation["responses"][str(told.status)]
        for content in (operation.get("requestBody", {}).get("content", {}), answer.get("content", {})):
            for about in content.values():
                if about["schema"].get("format") != "binary":
                    assert "example" in about, f"{name}: {TELL}"
                    whole = about["schema"] | {"components": document()["components"]}
                    assert jsonschema_rs.is_valid(whole, about["example"]), f"{name}: {TELL}"


def test_every_name_in_a_path_has_an_example() -> None:
    for operation in operations():
        for one in operation["parameters"]:
            assert one["in"] != "path" or "example" in one, f"{operation['operationId']}: {TELL}"
