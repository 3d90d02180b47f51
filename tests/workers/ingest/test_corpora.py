"""Real pages: every field within its length, no page without a result, and no loss of accuracy.

The values are floors, not aims: a change that reads real pages worse fails here.
"""

import importlib.util
from collections import defaultdict
from types import ModuleType
from typing import Any

import pytest

from tests.corpora import corpus
from workers.ingest.choose import choose_findings
from workers.ingest.shapes import ParsedPage

pytestmark = pytest.mark.long

FLOORS = {
    ("ms", "title"): 0.97,
    ("ms", "name"): 0.93,
    ("ms", "description"): 0.97,
    ("ms", "language"): 0.98,
    ("tr", "title"): 0.75,
    ("tr", "description"): 0.82,
    ("tr", "name"): 0.87,
}
FIELDS = {"name": "appName", "description": "appDescription", "language": "primaryLanguage", "tagline": "tagline"}
#: Each case with the values read from its page.
Read = list[tuple[dict[str, Any], dict[str, str | None]]]


@pytest.fixture(scope="module")
def pages(real_pages: list[tuple[dict[str, Any], ParsedPage]]) -> Read:
    return [(case, read(page)) for case, page in real_pages]


def read(page: ParsedPage) -> dict[str, str | None]:
    fields = {str(field): str(finding.value) for field, finding in choose_findings(page.candidates).items()}
    return {"title": page.title} | {name: fields.get(field) for name, field in FIELDS.items()}


def scorer() -> ModuleType:
    """Load the corpus's own measure of a correct value."""
    spec = importlib.util.spec_from_file_location("score", corpus("website").parent / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_accuracy_on_real_pages_stays_above_its_floors(pages: Read) -> None:
    is_right, verdicts = scorer().right, defaultdict(list)
    for case, values in pages:
        kind = case["id"].partition("/")[0]
        for field, expected in case["expected"].items():
            if (kind, field) in FLOORS:
                verdicts[kind, field].append(is_right(field, expected, values[field]))
    accuracy = {key: sum(hits) / len(hits) for key, hits in verdicts.items()}
    assert {key: share for key, share in accuracy.items() if share < FLOORS[key]} == {}
    assert accuracy.keys() == FLOORS.keys()


def test_every_real_page_has_title_name_and_language(pages: Read) -> None:
    assert [
        case["id"] for case, values in pages if not (values["title"] and values["name"] and values["language"])
    ] == []
