"""Routes of an API, parsed from its OpenAPI document, each with a valid sample body."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_PATH_PARAMETER_PATTERN = re.compile(r"{(\w+)}")
_DOCUMENTED_SCOPE_PATTERN = re.compile(r"Needs the scope `([^`]+)`")
#: A public id; its prefix names the kind of object.
PUBLIC_ID_PATTERN = re.compile(r"\b([a-z]{2,6})_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
#: The notation of an id's kind in a parameter's description.
_ID_PREFIX_IN_DESCRIPTION_PATTERN = re.compile(r"`([a-z]{2,6})_\.\.\.`")

#: The security scheme of SDK apps.
SDK_APP_KEY_SECURITY_SCHEME = "sdkAppKey"

#: Depth limit for samples: a schema may contain itself.
MAX_ATTACK_BODY_DEPTH = 8


class AttackRoute(NamedTuple):
    """One operation of the API.

    `ids` and `filters` are the names of ids in path and query, each with its prefix, for example `prj`.
    `scope` is None if any key is accepted. `is_apps` routes accept an SDK app's key only. `body` is JSON and
    `parts` are form fields; None if the route has no body.
    """

    method: str
    path: str
    scope: str | None
    needs_key: bool
    is_apps: bool
    ids: Mapping[str, str]
    filters: Mapping[str, str]
    body: Any
    parts: Mapping[str, str] | None
    max_page: int | None
    streams: bool

    @property
    def path_parameters(self) -> list[str]:
        """Return the names of all parameters in the route's path, also of those that are not ids."""
        return _PATH_PARAMETER_PATTERN.findall(self.path)

    @property
    def accepts_partner_key(self) -> bool:
        """Return whether an organization's key is accepted: not public, not an app's, not an operator's
        route.
        """
        return self.needs_key and not self.is_apps and not self.path.startswith("/v1/ops/")

    def fill_path(self, values: Mapping[str, str]) -> str:
        """Return the route's path with a value for each id prefix; a parameter without one becomes its own name."""
        return _PATH_PARAMETER_PATTERN.sub(lambda match: values.get(self.ids.get(match[1], ""), match[1]), self.path)


def list_openapi_routes(document: Mapping[str, Any]) -> list[AttackRoute]:
    """Return an OpenAPI document's operations as routes. Raise KeyError, TypeError or AttributeError for other JSON."""
    return [
        _build_attack_route(document, method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _build_attack_route(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> AttackRoute:
    parameters = [parameter for parameter in operation.get("parameters", []) if "name" in parameter]
    content = operation.get("requestBody", {}).get("content", {})
    scope = _DOCUMENTED_SCOPE_PATTERN.search(operation.get("description", ""))
    return AttackRoute(
        method=method,
        path=path,
        scope=scope and scope[1],
        needs_key=bool(operation.get("security")),
        is_apps={name for requirement in operation.get("security", []) for name in requirement}
        == {SDK_APP_KEY_SECURITY_SCHEME},
        ids=dict(_find_id_parameters(parameters, "path")),
        filters=dict(_find_id_parameters(parameters, "query")),
        body=_build_attack_body(document, content.get("application/json")),
        parts=_build_attack_form(document, content),
        max_page=next((p["schema"].get("maximum") for p in parameters if p["name"] == "limit"), None),
        streams="text/event-stream" in str(operation.get("responses", {}).get("200", "")),
    )


def _find_id_parameters(parameters: list[Mapping[str, Any]], location: str) -> Iterator[tuple[str, str]]:
    """Yield the names of an operation's id parameters, each with its id prefix.

    `location` is `path` or `query`. The prefix comes from the parameter's example or description.
    """
    for parameter in parameters:
        match = PUBLIC_ID_PATTERN.match(str(parameter.get("example", ""))) or _ID_PREFIX_IN_DESCRIPTION_PATTERN.search(
            parameter.get("description", "")
        )
        if parameter["in"] == location and match:
            yield parameter["name"], match[1]


def _build_attack_body(document: Mapping[str, Any], media: Mapping[str, Any] | None) -> Any:
    if media is None:
        return None
    return media["example"] if "example" in media else build_sample_value(document, media["schema"])


def _build_attack_form(document: Mapping[str, Any], content: Mapping[str, Any]) -> Mapping[str, str] | None:
    if {*content} != {"multipart/form-data"}:
        return None
    schema = _resolve_schema_ref(document, content["multipart/form-data"]["schema"])
    texts = [name for name, field in schema.get("properties", {}).items() if _is_text_schema(field)]
    return dict.fromkeys(schema.get("required") or texts[:1], "text")


def _is_text_schema(field: Mapping[str, Any]) -> bool:
    return field.get("type") == "string" and field.get("format") != "binary"


def build_sample_value(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a schema's sample: its first example or enum value, else one of its type, with required fields only."""
    schema = _resolve_schema_ref(document, schema)
    for word in ("examples", "enum"):
        if schema.get(word):
            return schema[word][0]
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return build_sample_value(document, choices[0], depth + 1)
    return _build_typed_sample_value(document, schema, depth)


def _build_typed_sample_value(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        required = schema.get("required", []) if depth < MAX_ATTACK_BODY_DEPTH else []
        return {name: build_sample_value(document, fields.get(name, {}), depth + 1) for name in required}
    if kind == "array":
        items = schema.get("items", {})
        return [build_sample_value(document, items, depth + 1)] * min(schema.get("minItems", 0), 1)
    return {"integer": schema.get("minimum", 0), "number": 0.5, "boolean": False}.get(kind or "", "text")


def _resolve_schema_ref(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    resolved: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return resolved
