"""Sends the requests of the story, and keeps each with its answer as an example."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec

from api.openapi.examples import OpenApiExample
from tests.api.documented_routes import DocumentedRoute

#: The environment variable that makes a run write new examples.
WRITE = "WRITE_EXAMPLES"
#: Items of a list of texts in an example.
LINES = 2
#: A longer list is a time series.
SERIES = 40


class ExampleRecorder:
    """`told` are the examples so far, by operation."""

    def __init__(self, routes: list[DocumentedRoute]) -> None:
        self.routes = {route.id: route for route in routes}
        self.told: dict[str, OpenApiExample] = {}

    async def tell(
        self, http: httpx.AsyncClient, operation: str, *, at: dict[str, str] | None = None, **given: Any
    ) -> Any:
        """Send a request and return the answer's body. `given` is for httpx, `at` has the path parameters."""
        route = self.routes[operation]
        return await self.tell_at(http, operation, route.at(at or {}), parameters=at or {}, **given)

    async def tell_form(
        self, http: httpx.AsyncClient, operation: str, at: dict[str, str], form: dict[str, str], file: Any
    ) -> Any:
        """Send a form as the alternative to the JSON of an earlier example; return the answer's body."""
        route = self.routes[operation]
        answer = await http.request(route.method, route.at(at), data=form, files={"file": file})
        assert answer.status_code == 201, answer.text
        told = self.told[operation]
        self.told[operation] = msgspec.structs.replace(told, form={**form, "file": file[0]})
        return answer.json()

    async def tell_at(
        self, http: httpx.AsyncClient, operation: str, url: str, *, parameters: dict[str, str], **given: Any
    ) -> Any:
        """Send a request to a URL from an earlier answer."""
        assert operation not in self.told, f"{operation} is told twice"
        answer = await http.request(self.routes[operation].method, url, **given)
        assert answer.status_code < 400, (operation, answer.text)
        query = {**dict(parse_qsl(urlsplit(url).query)), **given.get("params", {})}
        body = _read(answer)
        self.told[operation] = OpenApiExample(
            parameters={**parameters, **query},
            body=_form(given["files"]) if "files" in given else given.get("json", msgspec.UNSET),
            status=answer.status_code,
            answer=body,
        )
        return body


def _form(files: list[tuple[str, tuple[str | None, Any]]]) -> dict[str, Any]:
    """Return the parts of a form, with file names for the bytes."""
    created: dict[str, Any] = {}
    for part, (name, value) in files:
        created |= {part: value} if name is None else {part: [*created.get(part, []), name]}
    return created


def _read(answer: httpx.Response) -> Any:
    kind = answer.headers.get("content-type", "")
    if not answer.content or kind.startswith(("image/", "video/")):
        return msgspec.UNSET
    if kind.startswith("application/json"):
        return _shortened(answer.json())
    return "".join(answer.text.splitlines(keepends=True)[:LINES])


def _shortened(value: Any) -> Any:
    """Shorten each series to one item, independent of time: the last of the most informative ones."""
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shortened(one) for one in (value if len(value) <= SERIES else [_telling(value)])]
    return value


def _telling(series: list[Any]) -> Any:
    return min(reversed(series), key=_nulls)


def _nulls(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_nulls, value.values()))
    return int(value is None)
