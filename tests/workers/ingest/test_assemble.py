"""The last step of every ingest: declared fields, fields derived from the prose, warnings for failures."""

import pytest

from schemas.brand import BrandExtraction, BrandFieldName, BrandFieldValue, FieldCandidate
from schemas.errors import FetchedSourceUnusable
from workers.ingest import assemble as concluding
from workers.ingest.assemble import assemble_brand_extraction
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.shapes import Passage, SourceProse

URL = "https://acme.test/"
PROSE = [
    Passage(text="Tide tables of the harbour for sailors", kind="heading"),
    Passage(text="Tide tables and currents for every harbour. Tide alarms for sailors, harbour by harbour."),
]


def make_candidate(field: BrandFieldName, value: BrandFieldValue, confidence: float = 0.8) -> FieldCandidate:
    return FieldCandidate(field=field, value=value, confidence=confidence, rule="html.test", url=URL)


async def run_last_step(
    parser: DocumentParser, candidates: list[FieldCandidate], passages: list[Passage] = PROSE
) -> BrandExtraction:
    return await assemble_brand_extraction(parser, url=URL, title="Acme", candidates=candidates, passages=passages)


async def test_declared_fields_are_kept_and_prose_adds_others(parser: DocumentParser) -> None:
    extraction = await run_last_step(
        parser, [make_candidate("appName", "Tide"), make_candidate("primaryLanguage", "en")]
    )
    assert extraction.fields["appName"].value == "Tide"
    keywords = extraction.fields["keywords"]
    assert (keywords.rule, keywords.confidence) == ("text.terms", 0.4)
    assert "harbour" in keywords.value
    assert "tide" not in keywords.value


async def test_only_a_few_declared_keywords_are_completed(parser: DocumentParser) -> None:
    keywords = (await run_last_step(parser, [make_candidate("keywords", ["sailing", "harbours"])])).fields["keywords"]
    assert list(keywords.value)[:2] == ["sailing", "harbours"]
    assert "tide tables" in keywords.value
    assert "harbour" not in keywords.value
    assert (keywords.rule, keywords.confidence) == ("html.test+text.terms", 0.6)
    assert [alternative.rule for alternative in keywords.alternatives] == ["html.test", "text.terms"]
    enough = await run_last_step(parser, [make_candidate("keywords", [*"abcde"])])
    assert enough.fields["keywords"].value == [*"abcde"]


async def test_without_prose_nothing_is_derived(parser: DocumentParser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(concluding, "parse_non_page_document")
    assert list((await run_last_step(parser, [make_candidate("appName", "Tide")], [])).fields) == ["appName"]


async def test_a_failed_derivation_is_a_warning(parser: DocumentParser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(parser: DocumentParser, prose: SourceProse) -> None:
        raise FetchedSourceUnusable("too slow")

    monkeypatch.setattr(concluding, "parse_non_page_document", broken)
    extraction = await run_last_step(parser, [make_candidate("appName", "Tide")])
    assert list(extraction.fields) == ["appName"]
    assert extraction.warnings == ["underived: too slow"]


async def test_a_long_text_is_read_up_to_the_limit(parser: DocumentParser) -> None:
    passages = [Passage(text="🎉 tides for teams, " * 80_000), *PROSE * 5_000]
    extraction = await run_last_step(parser, [make_candidate("primaryLanguage", "en")], passages)
    assert extraction.warnings == []
    assert extraction.fields["audience"].value == "Teams"
