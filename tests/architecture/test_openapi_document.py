"""OpenAPI document: descriptions, names and examples for each visible part."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from api.app import build_application
from api.openapi.examples import load_openapi_examples

Json = dict[str, Any]


@cache
def document() -> Json:
    parsed: Json = msgspec.json.decode(build_application().state.openapi)
    return parsed


def schemas() -> dict[str, Json]:
    components: dict[str, Json] = document()["components"]["schemas"]
    return components


def operations() -> Iterator[Json]:
    for methods in document()["paths"].values():
        yield from methods.values()


def inside(value: Any) -> Iterator[Json]:
    """Yield a JSON value's objects, itself included."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from inside(part)


def test_every_property_is_described() -> None:
    undescribed = [
        f"{name}.{field}"
        for name, schema in schemas().items()
        for field, field_schema in schema.get("properties", {}).items()
        if not field_schema.get("description")
    ]
    assert not undescribed, "describe each in a docstring below the field, in schemas/"


def test_every_shape_and_parameter_is_described() -> None:
    assert not [name for name, schema in schemas().items() if not schema.get("description")]
    undescribed = [
        f"{operation['operationId']}.{parameter['name']}"
        for operation in operations()
        for parameter in operation["parameters"]
        if not parameter.get("description")
    ]
    assert not undescribed, "describe a query's in its QueryParameter, a path's in api/openapi/parameters.py"


def test_every_group_is_described() -> None:
    described = {tag["name"] for tag in document()["tags"]}
    assert {tag for operation in operations() for tag in operation["tags"]} == described, "see api/openapi/document.py"


def test_every_enum_has_a_name() -> None:
    """Give generated clients one type per enum. `propertyNames` is not the type of a value."""
    shapes = [schema.get("properties", {}) for schema in schemas().values()]
    parameters = [parameter["schema"] for operation in operations() for parameter in operation["parameters"]]
    unnamed = [
        part["enum"]
        for schema in inside([shapes, parameters])
        for part in schema.values()
        if isinstance(part, dict) and "enum" in part and part is not schema.get("propertyNames")
    ]
    assert not unnamed, "name each in api/openapi/enums.py"


def test_every_schema_is_used() -> None:
    used = {value["$ref"].rpartition("/")[2] for value in inside(document()) if "$ref" in value}
    assert not schemas().keys() - used


def test_optional_fields_have_no_default() -> None:
    """Client generators treat a field with a default as always present."""
    for schema in schemas().values():
        assert not [name for name, field_schema in schema.get("properties", {}).items() if "default" in field_schema]


def test_an_object_without_properties_accepts_any() -> None:
    for schema in inside(schemas()):
        if schema.get("type") == "object" and "properties" not in schema:
            assert schema["additionalProperties"]


HOW_TO_ADD = "add it to tests/api/examples, then run `python -m tests.api.examples`"


def test_every_operation_has_an_example_and_every_example_an_operation() -> None:
    assert {operation["operationId"] for operation in operations()} == load_openapi_examples().keys(), HOW_TO_ADD


def test_every_body_and_answer_has_a_valid_example() -> None:
    """Binary bodies are exempt, since examples are text."""
    for operation in operations():
        name, example = operation["operationId"], load_openapi_examples()[operation["operationId"]]
        answer = operation["responses"][str(example.status)]
        for content in (operation.get("requestBody", {}).get("content", {}), answer.get("content", {})):
            for media_type in content.values():
                if media_type["schema"].get("format") != "binary":
                    assert "example" in media_type, f"{name}: {HOW_TO_ADD}"
                    schema = media_type["schema"] | {"components": document()["components"]}
                    assert jsonschema_rs.is_valid(schema, media_type["example"]), f"{name}: {HOW_TO_ADD}"


def test_every_path_parameter_has_an_example() -> None:
    for operation in operations():
        for parameter in operation["parameters"]:
            assert parameter["in"] != "path" or "example" in parameter, f"{operation['operationId']}: {HOW_TO_ADD}"
