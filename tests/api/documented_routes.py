"""Routes of the OpenAPI document, each with a valid body."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from litestar import Litestar

_NAME = re.compile(r"{(\w+)}")


class DocumentedRoute(NamedTuple):
    """A route; `names` are path parameters, `query` query parameters; `body` is JSON or None.

    `parts` are the parts of a form, if it takes one.
    """

    id: str
    method: str
    path: str
    names: tuple[str, ...]
    query: tuple[str, ...]
    body: Any
    parts: Any
    needs_key: bool
    #: Whether its answer is an endless stream.
    streams: bool

    @property
    def sent(self) -> dict[str, Any]:
        """The arguments of a valid request, for an httpx client."""
        return {"json": self.body} if self.parts is None else {"files": self.parts}

    def at(self, values: Mapping[str, str]) -> str:
        """Return the path with these values."""
        return _NAME.sub(lambda found: values[found[1]], self.path)


def document(app: Litestar) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(app.state.openapi)
    return body


def routes(app: Litestar) -> list[DocumentedRoute]:
    described = document(app)
    return [
        DocumentedRoute(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            names=tuple(_NAME.findall(path)),
            query=tuple(one["name"] for one in operation["parameters"] if one["in"] == "query"),
            body=_body(operation, described),
            parts=_parts(operation),
            needs_key={"bearer": []} in operation["security"],
            streams="text/event-stream" in operation["responses"].get("200", {}).get("content", {}),
        )
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def _body(operation: dict[str, Any], described: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {"content": {}})["content"]
    return sample(content["application/json"]["schema"], described) if "application/json" in content else None


def _parts(operation: dict[str, Any]) -> Any:
    """Return a form for a route that takes only forms, all of which accept a caption."""
    content = operation.get("requestBody", {"content": {}})["content"]
    return {"caption": (None, "text")} if {*content} == {"multipart/form-data"} else None


def sample(schema: dict[str, Any], described: dict[str, Any]) -> Any:
    """Build a value of a schema with only its required fields, from examples if there are any."""
    if "$ref" in schema:
        return sample(described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], described)
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    if "type" not in schema:
        return sample(schema["anyOf"][0], described)
    if schema["type"] == "object":
        fields = schema.get("properties", {})
        return {name: sample(fields[name], described) for name in required_fields(schema)}
    if schema["type"] == "array":
        return [sample(schema["items"], described)] * schema.get("minItems", 0)
    return schema.get("const", {"integer": schema.get("minimum", 0), "boolean": False}.get(schema["type"], "text"))


def required_fields(schema: dict[str, Any]) -> list[str]:
    """Return the required fields, and the first one of an at-least-one group."""
    choices = list(schema.get("not", {}).get("properties", {}))
    return [*schema.get("required", []), *choices[:1]]
