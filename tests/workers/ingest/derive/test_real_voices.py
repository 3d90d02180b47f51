"""Voices of real pages: a voice shared by every tenth brand would be useless to a partner."""

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.corpora import corpus
from workers.ingest.choose import choose_findings
from workers.ingest.derive.derive import derive_prose_candidates
from workers.ingest.github.reading.repository import read_repository_files
from workers.ingest.github.shapes import RepositoryContent, RepositoryFile
from workers.ingest.shapes import ParsedPage, SourceProse

pytestmark = pytest.mark.long

#: Highest share of all pages with the same sentence.
MAX_SHARE = 0.1


@pytest.fixture(scope="module")
def pages(real_pages: list[tuple[dict[str, Any], ParsedPage]]) -> list[SourceProse]:
    """Return the prose of each page without the story flag: most of the pages are stories."""
    return [prose(page) for _, page in real_pages]


def prose(page: ParsedPage) -> SourceProse:
    language = choose_findings(page.candidates).get("primaryLanguage")
    passages = [msgspec.structs.replace(passage, story=False) for passage in page.passages]
    return SourceProse(url=page.url, language=str(language.value) if language else None, passages=passages)


def test_no_voice_is_shared_by_a_tenth_of_the_pages(pages: list[SourceProse]) -> None:
    voices = [
        candidate
        for page in pages
        for candidate in derive_prose_candidates(page).candidates
        if candidate.field == "brandVoice"
    ]
    assert voices
    assert all(len(set(candidate.evidence)) >= 3 for candidate in voices)
    (_, times), *_ = Counter(str(candidate.value) for candidate in voices).most_common(1)
    assert times <= MAX_SHARE * len(pages)
    assert len(voices) <= len(pages) / 4


def test_a_readme_has_no_voice() -> None:
    lively = " ".join(f"Don't wait, folks! You'll love your map {number}, and it's yours." for number in range(40))
    real_paths = [path for path in sorted(corpus("github").glob("*/files/*")) if path.name.lower().startswith("readme")]
    readmes = [RepositoryFile(path="README.md", body=f"# Tide\n\n{lively}".encode()), *map(as_file, real_paths)]
    assert len(readmes) > 10
    for readme in readmes:
        repository = RepositoryContent(url="https://github.com/acme/tide", name="tide", branch="main", readme=readme)
        passages = read_repository_files(repository).passages
        assert passages
        candidates = derive_prose_candidates(
            SourceProse(url=repository.url, language="en", passages=passages)
        ).candidates
        assert "brandVoice" not in {candidate.field for candidate in candidates}


def as_file(path: Path) -> RepositoryFile:
    return RepositoryFile(path=path.name, body=path.read_bytes())
