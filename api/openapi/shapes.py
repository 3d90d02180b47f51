"""Shapes of the document: msgspec's schemas, adapted so that good clients are generated from them."""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET

from api.openapi.enums import OPENAPI_ENUMS, find_openapi_enum_name
from schemas.base import RequestStruct

Json = dict[str, Any]

_SCHEMA_REFERENCE_PREFIX = "#/components/schemas/"


class OpenApiSchemas(NamedTuple):
    """Schemas of the API document: a `$ref` by type, and the schemas by name."""

    refs: dict[Any, Json]
    components: Json


def build_openapi_schemas(kinds: list[Any]) -> OpenApiSchemas:
    """Build the OpenAPI schemas of the types in requests and answers, and of all public enums."""
    refs, components = msgspec.json.schema_components(kinds, ref_template=f"{_SCHEMA_REFERENCE_PREFIX}{{name}}")
    structs = {cls.__name__: cls for kind in kinds for cls in _iterate_structs_in_type(kind, set())}
    schemas_by_name = {
        _public_schema_name(name): _build_schema_component(structs[name.partition("_")[0]], schema)
        for name, schema in components.items()
    }
    enums = {name: enum.schema for name, enum in OPENAPI_ENUMS.items()}
    return OpenApiSchemas(dict(zip(kinds, map(clean_json_schema, refs), strict=True)), {**schemas_by_name, **enums})


def clean_json_schema(schema: Json) -> Json:
    """Remove keywords that client generators misread; move a choice's keywords up, and refer to public enums."""
    if "$ref" in schema:
        return {
            **schema,
            "$ref": _SCHEMA_REFERENCE_PREFIX
            + _public_schema_name(schema["$ref"].removeprefix(_SCHEMA_REFERENCE_PREFIX)),
        }
    if name := find_openapi_enum_name(schema):
        about = {"description": schema["description"]} if "description" in schema else {}
        return {"$ref": _SCHEMA_REFERENCE_PREFIX + name, **about}
    cleaned = {word: _clean_json_schema_keyword(word, value) for word, value in schema.items() if word != "title"}
    if "anyOf" in cleaned:
        cleaned = {**_hoist_choice_keywords(cleaned["anyOf"]), **cleaned}
    if "enum" in cleaned:
        values = cleaned.pop("enum")
        cleaned |= {"type": "string", **({"const": values[0]} if len(values) == 1 else {"enum": values})}
    if cleaned.get("type") == "object" and "properties" not in cleaned:
        cleaned.setdefault("additionalProperties", True)
    return cleaned


def _clean_json_schema_keyword(word: str, value: Any) -> Any:
    if word in {"items", "additionalProperties", "propertyNames"} and isinstance(value, dict):
        return clean_json_schema(value)
    return [clean_json_schema(choice) for choice in value] if word == "anyOf" else value


def _hoist_choice_keywords(choices: list[Json]) -> Json:
    """Remove and return description and examples of choices, to stand by `anyOf`: generators read them only there."""
    return {word: choice.pop(word) for choice in choices for word in ("description", "examples") if word in choice}


def _build_schema_component(cls: type[msgspec.Struct], schema: Json) -> Json:
    fields, texts = msgspec.structs.fields(cls), _read_class_field_docs(cls)
    is_request = issubclass(cls, RequestStruct)
    known = schema["properties"]
    properties = {
        field.encode_name: _build_property_schema(
            known[field.encode_name], texts.get(field.name), is_request=is_request
        )
        for field in fields
    }
    required = [field.encode_name for field in fields if (field.required if is_request else field.default is not UNSET)]
    component = {
        "type": "object",
        "description": inspect.cleandoc(cls.__doc__ or ""),
        "properties": properties,
        **({"required": required} if required else {}),
        **({"additionalProperties": False} if is_request else {}),
    }
    return {**component, **_build_at_least_one_field_schema(cls)}


def _build_property_schema(schema: Json, text: str | None, *, is_request: bool) -> Json:
    """Return a field's schema without `default`: generators take a field with a default as always present.

    In a request the field is optional, and its description states the default; in an answer it is present.
    """
    property_schema = clean_json_schema(schema)
    default = property_schema.pop("default", None)
    if text:
        property_schema["description"] = text
    if is_request and default not in (None, "", [], {}) and "description" in property_schema:
        shown = default if isinstance(default, str) else msgspec.json.encode(default).decode()
        property_schema["description"] += f" Default: `{shown}`."
    return property_schema


def _build_at_least_one_field_schema(cls: Any) -> Json:
    """Return a JSON schema that requires one of a class's `at_least_one` fields, not null.

    Return an empty schema for a class without such fields. With `anyOf`, a generator would lose the type.
    """
    names: tuple[str, ...] = getattr(cls, "at_least_one", ())
    return {"not": {"properties": {name: {"type": "null"} for name in names}}} if names else {}


def _iterate_structs_in_type(kind: Any, visited: set[Any]) -> Iterator[type[msgspec.Struct]]:
    """Yield the msgspec structs in a type, itself included, except for those in `visited`."""
    if kind in visited:
        return
    visited.add(kind)
    origin = get_origin(kind) or kind
    parts = list(get_args(kind))
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
        yield origin
        parts += [kind for kind in get_type_hints(origin).values() if get_origin(kind) is not ClassVar]
    for part in parts:
        yield from _iterate_structs_in_type(part, visited)


def _public_schema_name(name: str) -> str:
    """Return the public name of a schema: `JobPage` for msgspec's `Page_Job_`."""
    generic, _, kind = name.rstrip("_").partition("_")
    return kind + generic


def _read_class_field_docs(kind: type) -> dict[str, str]:
    """Return the strings below the fields of a class, which Python discards, by field name.

    A class inherits and may override those of its bases.
    """
    descriptions: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, msgspec.Struct) and base is not msgspec.Struct:
            descriptions |= _read_module_field_docs(base.__module__).get(base.__qualname__, {})
    return descriptions


@cache
def _read_module_field_docs(name: str) -> dict[str, dict[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    return {node.name: dict(_iterate_field_docs(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _iterate_field_docs(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(node.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
