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

from api.openapi.enums import ENUMS, find_enum
from schemas.base import In

Json = dict[str, Any]

_REF = "#/components/schemas/"


class Shapes(NamedTuple):
    """A reference for each type, and the schemas by name."""

    refs: dict[Any, Json]
    components: Json


def build_shapes(kinds: list[Any]) -> Shapes:
    """Build the schemas of the types in requests and answers."""
    refs, components = msgspec.json.schema_components(kinds, ref_template=f"{_REF}{{name}}")
    structs = {cls.__name__: cls for kind in kinds for cls in _structs(kind, set())}
    schemas_by_name = {
        _public_name(name): _component(structs[name.partition("_")[0]], schema)
        for name, schema in components.items()
    }
    enums = {name: enum.schema for name, enum in ENUMS.items()}
    return Shapes(dict(zip(kinds, map(clean_schema, refs), strict=True)), {**schemas_by_name, **enums})


def clean_schema(schema: Json) -> Json:
    """Return a schema without keywords that client generators misread, with its description at the top."""
    if "$ref" in schema:
        return {**schema, "$ref": _REF + _public_name(schema["$ref"].removeprefix(_REF))}
    if name := find_enum(schema):
        about = {"description": schema["description"]} if "description" in schema else {}
        return {"$ref": _REF + name, **about}
    cleaned = {word: _clean_value(word, value) for word, value in schema.items() if word != "title"}
    if "anyOf" in cleaned:
        cleaned = {**_hoist_keywords(cleaned["anyOf"]), **cleaned}
    if "enum" in cleaned:
        values = cleaned.pop("enum")
        cleaned |= {"type": "string", **({"const": values[0]} if len(values) == 1 else {"enum": values})}
    if cleaned.get("type") == "object" and "properties" not in cleaned:
        cleaned.setdefault("additionalProperties", True)
    return cleaned


def _clean_value(word: str, value: Any) -> Any:
    if word in {"items", "additionalProperties", "propertyNames"} and isinstance(value, dict):
        return clean_schema(value)
    return [clean_schema(choice) for choice in value] if word == "anyOf" else value


def _hoist_keywords(choices: list[Json]) -> Json:
    """Move keywords of one choice up: generators read only keywords next to `anyOf`."""
    return {
        word: choice.pop(word) for choice in choices for word in ("description", "examples") if word in choice
    }


def _component(cls: type[msgspec.Struct], schema: Json) -> Json:
    fields, texts = msgspec.structs.fields(cls), _read_descriptions(cls)
    is_request = issubclass(cls, In)
    known = schema["properties"]
    properties = {
        field.encode_name: _property(known[field.encode_name], texts.get(field.name), is_request=is_request)
        for field in fields
    }
    required = [
        field.encode_name
        for field in fields
        if (field.required if is_request else field.default is not UNSET)
    ]
    component = {
        "type": "object",
        "description": inspect.cleandoc(cls.__doc__ or ""),
        "properties": properties,
        **({"required": required} if required else {}),
        **({"additionalProperties": False} if is_request else {}),
    }
    return {**component, **_at_least_one(cls)}


def _property(schema: Json, text: str | None, *, is_request: bool) -> Json:
    """Return a field's schema without `default`: generators take a field with a default as always present.

    In a request the field is optional, and its description states the default; in an answer it is present.
    """
    property_schema = clean_schema(schema)
    default = property_schema.pop("default", None)
    if text:
        property_schema["description"] = text
    if is_request and default not in (None, "", [], {}) and "description" in property_schema:
        shown = default if isinstance(default, str) else msgspec.json.encode(default).decode()
        property_schema["description"] += f" Default: `{shown}`."
    return property_schema


def _at_least_one(cls: Any) -> Json:
    """Require one of these fields, not null. With `anyOf`, a generator would lose the type."""
    names: tuple[str, ...] = getattr(cls, "at_least_one", ())
    return {"not": {"properties": {name: {"type": "null"} for name in names}}} if names else {}


def _structs(kind: Any, visited: set[Any]) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs in a type, itself included."""
    if kind in visited:
        return
    visited.add(kind)
    origin = get_origin(kind) or kind
    parts = list(get_args(kind))
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
        yield origin
        parts += [kind for kind in get_type_hints(origin).values() if get_origin(kind) is not ClassVar]
    for part in parts:
        yield from _structs(part, visited)


def _public_name(name: str) -> str:
    """Rename msgspec's `Page_Job_` to `JobPage`."""
    generic, _, kind = name.rstrip("_").partition("_")
    return kind + generic


def _read_descriptions(kind: type) -> dict[str, str]:
    """Return the strings below the fields of a class, which Python discards, by field name.

    A class inherits and may override those of its bases.
    """
    descriptions: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, msgspec.Struct) and base is not msgspec.Struct:
            descriptions |= _read_module(base.__module__).get(base.__qualname__, {})
    return descriptions


@cache
def _read_module(name: str) -> dict[str, dict[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    return {
        node.name: dict(_field_descriptions(node)) for node in tree.body if isinstance(node, ast.ClassDef)
    }


def _field_descriptions(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(node.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
