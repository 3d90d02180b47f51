"""Real pages and READMEs: no page without a result, no loss of accuracy, and no voice of many brands.

The values are floors, not aims: a change that reads real pages worse fails here.
"""

import importlib.util
from collections import Counter, defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from tests.corpora import corpus, website_pages
from workers.ingest.choose import choose_brand_findings
from workers.ingest.derive.derive import derive_keywords_voice_audience_and_icp
from workers.ingest.github.reading.repository import extract_repo_brand_candidates
from workers.ingest.github.shapes import FetchedRepoFile, RepositoryContent
from workers.ingest.page.extract import extract_brand_facts_and_links_of_page
from workers.ingest.shapes import ParsedPage, SourceProse

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
#: Highest share of all pages with the same voice: such a voice would be useless to a partner.
MAX_SHARE = 0.1
FIELDS = {"name": "appName", "description": "appDescription", "language": "primaryLanguage", "tagline": "tagline"}
#: Each case with its page, and the values read from it.
Read = list[tuple[dict[str, Any], ParsedPage, dict[str, str | None]]]


@pytest.fixture(scope="module")
def pages() -> Read:
    parsed = [(case, extract_brand_facts_and_links_of_page(document)) for case, document in website_pages()]
    return [(case, page, values_of(page)) for case, page in parsed]


def values_of(page: ParsedPage) -> dict[str, str | None]:
    fields = {str(field): str(finding.value) for field, finding in choose_brand_findings(page.candidates).items()}
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
    for case, _, values in pages:
        kind = case["id"].partition("/")[0]
        for field, expected in case["expected"].items():
            if (kind, field) in FLOORS:
                verdicts[kind, field].append(is_right(field, expected, values[field]))
    accuracy = {key: sum(hits) / len(hits) for key, hits in verdicts.items()}
    assert {key: share for key, share in accuracy.items() if share < FLOORS[key]} == {}
    assert accuracy.keys() == FLOORS.keys()


def test_every_real_page_has_title_name_and_language(pages: Read) -> None:
    assert [
        case["id"] for case, _, values in pages if not (values["title"] and values["name"] and values["language"])
    ] == []


def test_no_voice_is_shared_by_a_tenth_of_the_pages(pages: Read) -> None:
    voices = [
        candidate
        for _, page, values in pages
        for candidate in derive_keywords_voice_audience_and_icp(prose(page, values["language"])).candidates
        if candidate.field == "brandVoice"
    ]
    assert voices
    assert all(candidate.evidence for candidate in voices)
    (_, times), *_ = Counter(str(candidate.value) for candidate in voices).most_common(1)
    assert times <= MAX_SHARE * len(pages)


def prose(page: ParsedPage, language: str | None) -> SourceProse:
    """Build the prose of a page without the story flag: most of the pages are stories."""
    passages = [msgspec.structs.replace(passage, story=False) for passage in page.passages]
    return SourceProse(url=page.url, language=language, passages=passages)


def test_a_readme_has_no_voice() -> None:
    lively = " ".join(f"Don't wait, folks! You'll love your map {number}, and it's yours." for number in range(40))
    real_paths = [path for path in sorted(corpus("github").glob("*/files/*")) if path.name.lower().startswith("readme")]
    readmes = [FetchedRepoFile(path="README.md", body=f"# Tide\n\n{lively}".encode()), *map(as_file, real_paths)]
    assert len(readmes) > 10
    for readme in readmes:
        repository = RepositoryContent(url="https://github.com/acme/tide", name="tide", branch="main", readme=readme)
        passages = extract_repo_brand_candidates(repository).passages
        assert passages
        candidates = derive_keywords_voice_audience_and_icp(
            SourceProse(url=repository.url, language="en", passages=passages)
        ).candidates
        assert "brandVoice" not in {candidate.field for candidate in candidates}


def as_file(path: Path) -> FetchedRepoFile:
    return FetchedRepoFile(path=path.name, body=path.read_bytes())
