"""The page at /docs in Chromium: it shows every operation completely, on large and small screens."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.peers.chromium import BrowserTab, stranger
from tests.peers.own_api import own_api
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.peers

Json = dict[str, Any]
READY = "document.body?.dataset.ready"
#: A large screen and a phone's.
WIDTHS = (1400, 400)


class Served(NamedTuple):
    """A running API, its document, and a sandbox key."""

    url: str
    document: Json
    key: str

    @property
    def operations(self) -> list[Json]:
        return [one for methods in self.document["paths"].values() for one in methods.values()]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with own_api(tmp_path_factory.mktemp("page"), sandbox=True) as api:
        yield Served(api.url, httpx.get(f"{api.url}/v1/openapi.json", timeout=PATIENCE_S).json(), api.key)


@pytest.fixture
def page(api: Served, browser: BrowserTab) -> Iterator[BrowserTab]:
    """Open the page on a large screen; fail on any error of it."""
    with stranger(browser.browser) as page:
        open_docs(page, api, WIDTHS[0])
        yield page
        assert page.troubles == []


def open_docs(browser: BrowserTab, api: Served, width: int) -> None:
    browser.resize(width)
    browser.open("about:blank", "location.href === 'about:blank'")
    browser.open(f"{api.url}/docs", READY)


def follow(schema: Json, document: Json) -> Json:
    found: Any = schema
    while "$ref" in found:
        found = document["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    return dict(found)


def fields(schema: Json, document: Json, path: str = "") -> Iterator[str]:
    """Yield every property of a schema and of nested schemas, as paths."""
    found = follow(schema, document)
    for one in found.get("anyOf", []):
        yield from fields(one, document, path)
    if "items" in found:
        yield from fields(found["items"], document, f"{path}[]")
    if isinstance(found.get("additionalProperties"), dict):
        yield from fields(found["additionalProperties"], document, f"{path}.*")
    for name, about in found.get("properties", {}).items():
        whole = f"{path}.{name}" if path else name
        yield whole
        yield from fields(about, document, whole)


def documented(operation: Json, document: Json) -> list[str]:
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    answers = [
        answer["content"]
        for status, answer in operation["responses"].items()
        if status[0] in "23" and "content" in answer
    ]
    shapes = [about["schema"] for about in (*bodies, *(next(iter(one.values())) for one in answers))]
    named = [one["name"] for one in operation["parameters"]]
    return sorted([*named, *(field for shape in shapes for field in fields(shape, document))])


#: The visible parts of an open operation.
SHOWN = """(() => {
  const route = document.getElementById(%s);
  const seen = (one) => one.getClientRects().length > 0;
  const items = [...route.querySelectorAll('li[data-field]')].filter(seen);
  return {
    fields: items.map((one) => one.dataset.field),
    silent: items.filter((one) => !one.querySelector(':scope > p:not(.head), :scope > ul')).length,
    examples: [...route.querySelectorAll('.examples > pre')].filter(seen).map((one) => one.textContent),
    wide: document.documentElement.scrollWidth - window.innerWidth,
  };
})()"""


def test_each_operation_shows_its_documentation(api: Served, page: BrowserTab) -> None:
    for width in WIDTHS:
        open_docs(page, api, width)
        for operation in api.operations:
            check_operation(page, operation, api.document)


def check_operation(page: BrowserTab, operation: Json, document: Json) -> None:
    name = json.dumps(operation["operationId"])
    page.run(f"location.hash = {name}")
    page.until(f"document.getElementById({name}).querySelector('.examples')")
    shown = page.run(SHOWN % name)
    assert sorted(shown["fields"]) == documented(operation, document), name
    assert (shown["silent"], shown["wide"] > 0) == (0, False), name
    assert [one for one in shown["examples"] if one.startswith("curl ")], name
    answers = [read(one) for one in shown["examples"] if not one.startswith("curl ")]
    assert answers == example_of(operation), name


def example_of(operation: Json) -> list[Any]:
    """Return the response's example, if there is one."""
    contents = [answer.get("content", {}) for answer in operation["responses"].values()]
    return [about["example"] for content in contents for about in content.values() if "example" in about][:1]


def read(example: str) -> Any:
    return json.loads(example) if example.startswith("{") else example


FOUND = "[...document.querySelectorAll('#index a:not([hidden])')].map((one) => one.hash.slice(1))"


def test_filter_matches_words_of_a_summary(api: Served, page: BrowserTab) -> None:
    for operation in api.operations:
        summary = operation["summary"].replace("`", "")
        assert operation["operationId"] in found(page, " ".join(summary.split()[:4])), summary
        assert operation["operationId"] in found(page, " ".join(reversed(summary.lower().split()))), summary
    assert found(page, "zzz") == []
    assert page.run("!document.getElementById('nothing').hidden")
    assert len(found(page, "")) == len(api.operations)


def found(page: BrowserTab, words: str) -> list[str]:
    typed = f"filter.value = {json.dumps(words)}; filter.dispatchEvent(new Event('input'))"
    shown: list[str] = page.run(f"{{ const filter = document.getElementById('filter'); {typed} }}; {FOUND}")
    return shown


def test_send_submits_the_filled_fields(api: Served, page: BrowserTab) -> None:
    fill(page, "#key", api.key)
    made = send(page, "create_project", {})
    assert made.startswith("201 "), made
    project = json.loads(made.partition("\n\n")[2])["id"]
    answer = send(page, "upload_content", {"projectId": project, "caption": "Low tide at six."})
    assert answer.startswith("201 "), answer
    assert '"caption": "Low tide at six."' in answer


def fill(page: BrowserTab, selector: str, value: str) -> None:
    typed = f"one.value = {json.dumps(value)}; one.dispatchEvent(new Event('input'))"
    page.run(f"{{ const one = document.querySelector({json.dumps(selector)}); {typed} }}")


def send(page: BrowserTab, operation: str, values: dict[str, str]) -> str:
    """Send an operation's form, and return the shown response."""
    page.run(f"location.hash = '{operation}'")
    page.until(f"document.querySelector('#{operation} .examples')")
    page.run(f"document.querySelector('#{operation} .try').open = true")
    for name, value in values.items():
        fill(page, f"#{operation} [name={name}]", value)
    page.run(f"document.querySelector('#{operation} button').click()")
    page.until(f"!document.querySelector('#{operation} .try pre').hidden")
    answer: str = page.run(f"document.querySelector('#{operation} .try pre').textContent")
    return answer
