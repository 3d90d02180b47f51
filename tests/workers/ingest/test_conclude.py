"""The last step of every ingest: what was declared, what follows from the prose, no failure of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from schemas.brand import Candidate, Extraction, Field, Value
from schemas.errors import ScrapeFailed
from workers.ingest import conclude as concluding
from workers.ingest.conclude import conclude
from workers.ingest.shapes import Passage, Prose
from workers.parse import Parser, open_parser

pytestmark = pytest.mark.asyncio(loop_scope="module")

URL = "https://acme.test/"
PROSE = [
    Passage(text="Tide tables for sailors", kind="heading"),
    Passage(text="Tide tables and currents for every harbour. Tide alarms for sailors, harbour by harbour."),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parser() -> AsyncIterator[Parser]:
    async with open_parser(at_once=1) as opened:
        yield opened


def said(field: Field, value: Value, confidence: float = 0.8) -> Candidate:
    return Candidate(field=field, value=value, confidence=confidence, rule="html.test", url=URL)


async def concluded(
    parser: Parser, candidates: list[Candidate], passages: list[Passage] = PROSE
) -> Extraction:
    return await conclude(parser, url=URL, title="Acme", candidates=candidates, passages=passages)


async def test_what_is_declared_stays_and_the_prose_adds_to_it(parser: Parser) -> None:
    extraction = await concluded(parser, [said("appName", "Tide"), said("primaryLanguage", "en")])
    assert extraction.fields["appName"].value == "Tide"
    keywords = extraction.fields["keywords"]
    assert (keywords.rule, keywords.confidence) == ("text.terms", 0.4)
    assert "harbour" in keywords.value
    assert "tide" not in keywords.value


async def test_a_few_declared_keywords_come_first_and_are_completed(parser: Parser) -> None:
    keywords = (await concluded(parser, [said("keywords", ["sailing", "harbours"])])).fields["keywords"]
    assert list(keywords.value)[:2] == ["sailing", "harbours"]
    assert "tide tables" in keywords.value
    assert "harbour" not in keywords.value
    assert (keywords.rule, keywords.confidence) == ("html.test+text.terms", 0.6)
    assert [other.rule for other in keywords.alternatives] == ["html.test", "text.terms"]


async def test_enough_declared_keywords_are_left_as_they_are(parser: Parser) -> None:
    declared = ["a", "b", "c", "d", "e"]
    assert (await concluded(parser, [said("keywords", declared)])).fields["keywords"].value == declared


async def test_without_prose_nothing_is_asked(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(concluding, "ask")
    assert list((await concluded(parser, [said("appName", "Tide")], [])).fields) == ["appName"]


async def test_prose_that_breaks_its_reader_is_a_warning(
    parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(parser: Parser, prose: Prose) -> None:
        raise ScrapeFailed("too slow")

    monkeypatch.setattr(concluding, "ask", broken)
    extraction = await concluded(parser, [said("appName", "Tide")])
    assert list(extraction.fields) == ["appName"]
    assert extraction.warnings == ["underived: too slow"]
