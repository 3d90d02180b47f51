"""Properties of any prose: reading ends soon, is deterministic, and quotes are in the text."""

import resource
import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from schemas.brand import FieldCandidate
from workers.ingest.derive import quotes
from workers.ingest.derive.derive import derive_keywords_voice_audience_and_icp
from workers.ingest.derive.distinct import MAX_BRAND_KEYWORDS
from workers.ingest.parser.parser import MAX_DOCUMENT_CPU_S
from workers.ingest.shapes import Passage, SourceProse

URL = "https://acme.test/"
PIECES = some.sampled_from(
    [
        *("Built for teams", "for developers", "built for desıgners", "Whether you're a designer"),
        *("helps you to save time,", "Für Sie!", "pour les étudiants", "para familias", "It's great!", "🎉"),
        *("你好", "مرحبا بالعالم", "\u202e", "du", "tú", ". ", "! ", " ", "\n", "and", "for our", "’s"),
        *("word " * 40, "x" * 300, "Solutions", "Enterprise"),
    ]
) | some.text(max_size=10)  # fmt: skip
TEXTS = some.lists(PIECES, max_size=15).map(" ".join)
PROSE = some.builds(
    SourceProse,
    url=some.just(URL),
    name=some.none() | some.text(max_size=8),
    language=some.sampled_from([None, "en", "de-AT", "fr", "es", "ja", "ar"]),
    about=some.lists(TEXTS, max_size=3),
    passages=some.lists(
        some.builds(
            Passage,
            text=TEXTS,
            kind=some.sampled_from(["text", "heading", "label"]),
            story=some.booleans(),
            documentation=some.booleans(),
        ),
        max_size=8,
    ),
)


@given(PROSE)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_prose_is_read(prose: SourceProse) -> None:
    candidates = derive_keywords_voice_audience_and_icp(prose).candidates
    assert candidates == derive_keywords_voice_audience_and_icp(prose).candidates
    assert len({candidate.field for candidate in candidates}) == len(candidates)
    for candidate in candidates:
        check(candidate, [*(passage.text for passage in prose.passages), *prose.about])


def check(candidate: FieldCandidate, texts: list[str]) -> None:
    assert 0.24 <= candidate.confidence <= 0.6
    if candidate.field == "keywords":
        assert len(set(candidate.value)) == len(candidate.value) <= MAX_BRAND_KEYWORDS
        assert all(0 < len(word) <= 3 * 40 + 2 for word in candidate.value)
    else:
        assert isinstance(candidate.value, str)
        assert unicodedata.normalize("NFC", candidate.value) == candidate.value
        assert len(candidate.value) < 400
    assert 0 < len(candidate.evidence) <= quotes.MAX_EVIDENCE_QUOTES
    assert all(part.quote in candidate.evidence for part in candidate.parts[: quotes.MAX_EVIDENCE_QUOTES])
    assert (candidate.field == "icp") == bool(candidate.parts)
    for quote in candidate.evidence:
        assert 0 < len(quote) <= quotes.MAX_DERIVED_QUOTE_CHARS
        assert any(quote in text for text in texts)


@given(some.text(min_size=201, max_size=2000), some.integers(min_value=0, max_value=2000))
def test_a_quote_is_a_bounded_part_of_the_text(text: str, start: int) -> None:
    quote = quotes.cut_evidence_quote(text, min(start, len(text) - 1))
    assert quote in text
    assert len(quote) <= quotes.MAX_DERIVED_QUOTE_CHARS


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000, "🎉" * 250_000, "for " * 250_000, "built for teams, " * 60_000,
        "for a b c d " * 80_000, "! " * 500_000, "it's" * 250_000, "a'" * 500_000, "helps you " * 100_000,
        "مرحبا بالعالم " * 70_000, "\u202e" * 300_000, "Sie Sie, " * 100_000, "du-" * 300_000,
        "日本語" * 300_000, "A" * 1_000_000, "Aa-" * 300_000, "Aa Bb " * 160_000, "12345 Aa, " * 100_000,
    ],
    ids=lambda text: f"{text[:12]!r}*{len(text)}",
)  # fmt: skip
@pytest.mark.long
def test_a_hostile_text_is_read_well_within_the_limit(text: str) -> None:
    """The title names a local trade, so that its town is looked for, too."""
    about = ["Dentist, Zahnarzt"]
    for language in ("en", "de", None):
        started = time.process_time()
        derive_keywords_voice_audience_and_icp(
            SourceProse(url=URL, language=language, about=about, passages=[Passage(text=text)])
        )
        derive_keywords_voice_audience_and_icp(
            SourceProse(url=URL, language=language, about=about, passages=[Passage(text=text[:1000])] * 1000)
        )
        assert time.process_time() - started < MAX_DOCUMENT_CPU_S / 2, language


@pytest.mark.timing
def test_a_million_small_passages_stay_within_cpu_and_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    derive_keywords_voice_audience_and_icp(
        SourceProse(url=URL, passages=[Passage(text="for teams", kind="label")] * 1_000_000)
    )
    assert time.process_time() - started < MAX_DOCUMENT_CPU_S / 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10
