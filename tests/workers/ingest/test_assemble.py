"""The last step of every ingest: declared fields, fields derived from the prose, warnings for failures."""

import pytest

from schemas.brand import Candidate, Extraction, Field, Value
from schemas.errors import ScrapeFailed
from workers.ingest import assemble as concluding
from workers.ingest.assemble import assemble
from workers.ingest.parser.parser import Parser, parse
from workers.ingest.shapes import PageDocument, Passage, Prose

URL = "https://acme.test/"
PROSE = [
    Passage(text="Tide tables of the harbour for sailors", kind="heading"),
    Passage(text="Tide tables and currents for every harbour. Tide alarms for sailors, harbour by harbour."),
]


def make_candidate(field: Field, value: Value, confidence: float = 0.8) -> Candidate:
    return Candidate(field=field, value=value, confidence=confidence, rule="html.test", url=URL)


async def run_last_step(
    parser: Parser, candidates: list[Candidate], passages: list[Passage] = PROSE
) -> Extraction:
    return await assemble(parser, url=URL, title="Acme", candidates=candidates, passages=passages)


async def test_declared_fields_are_kept_and_prose_adds_others(parser: Parser) -> None:
    extraction = await run_last_step(
        parser, [make_candidate("appName", "Tide"), make_candidate("primaryLanguage", "en")]
    )
    assert extraction.fields["appName"].value == "Tide"
    keywords = extraction.fields["keywords"]
    assert (keywords.rule, keywords.confidence) == ("text.terms", 0.4)
    assert "harbour" in keywords.value
    assert "tide" not in keywords.value


async def test_a_few_declared_keywords_are_completed(parser: Parser) -> None:
    keywords = (await run_last_step(parser, [make_candidate("keywords", ["sailing", "harbours"])])).fields[
        "keywords"
    ]
    assert list(keywords.value)[:2] == ["sailing", "harbours"]
    assert "tide tables" in keywords.value
    assert "harbour" not in keywords.value
    assert (keywords.rule, keywords.confidence) == ("html.test+text.terms", 0.6)
    assert [alternative.rule for alternative in keywords.alternatives] == ["html.test", "text.terms"]


async def test_enough_declared_keywords_are_left_as_they_are(parser: Parser) -> None:
    declared = ["a", "b", "c", "d", "e"]
    assert (await run_last_step(parser, [make_candidate("keywords", declared)])).fields[
        "keywords"
    ].value == declared


async def test_without_prose_nothing_is_derived(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(concluding, "read")
    assert list((await run_last_step(parser, [make_candidate("appName", "Tide")], [])).fields) == ["appName"]


async def test_a_failed_derivation_is_a_warning(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(parser: Parser, prose: Prose) -> None:
        raise ScrapeFailed("too slow")

    monkeypatch.setattr(concluding, "read", broken)
    extraction = await run_last_step(parser, [make_candidate("appName", "Tide")])
    assert list(extraction.fields) == ["appName"]
    assert extraction.warnings == ["underived: too slow"]


LANDING = b"""<html lang="en"><title>Ledgerly - Invoices that send themselves</title>
<nav><a>Industries</a><a>Retail</a><a>Hospitality</a><a>Pricing</a><a>Book a demo</a></nav>
<h1>Get paid on time</h1><p>Ledgerly is the invoicing app for freelancers and small businesses.</p>
<p>It's quick: you write an invoice in seconds, and we'll remind your client so you don't have to!</p>
<p>Ledgerly helps you track every payment. You'll love how it works, whether you're a designer or a baker!</p>
<p>Invoices and payments are on your phone and on your laptop, and nobody else can see your books but you.</p>
<p>You can't lose a receipt: you take its picture, and it's in your books before you've left the shop!</p>
<p>We're a small team in Porto, and we're here when you need us. Write to us and we'll answer today!</p>
<p>Your bank, your tax office and your accountant get what they ask for, and you get your weekends back.</p>
<p>The first ten invoices of a year are free, and later it costs less than a coffee a week in any town.</p>
<p>What you write stays yours: export the whole of it as one file whenever you like, with every receipt.</p>
<h2>Free</h2><p>For your first invoices.</p><h2>Team</h2><p>For many invoices.</p></html>"""


async def test_a_page_from_its_bytes_to_derived_fields(parser: Parser) -> None:
    page = await parse(parser, PageDocument(url=URL, body=LANDING))
    fields = (await run_last_step(parser, page.candidates, page.passages)).fields
    assert fields["audience"].value == "Freelancers, small businesses and designers"
    assert fields["icp"].value == (
        "Freelancers, designers, small businesses, companies in retail and companies in hospitality, "
        "who want to “track every payment”."
    )
    assert str(fields["brandVoice"].value) == (
        "Uses contractions and exclamation marks; speaks to the reader as “you” and of itself as “we”."
    )
    assert {part.part for part in fields["icp"].parts} == {"role", "organization", "need"}
    passage_texts = [passage.text for passage in page.passages]
    derived: tuple[Field, ...] = ("audience", "icp", "brandVoice")
    for field in derived:
        assert fields[field].evidence
        assert all(any(quote in text for text in passage_texts) for quote in fields[field].evidence)


async def test_a_long_text_is_read_up_to_the_limit(parser: Parser) -> None:
    passages = [Passage(text="🎉 tides for teams, " * 80_000), *PROSE * 5_000]
    extraction = await run_last_step(parser, [make_candidate("primaryLanguage", "en")], passages)
    assert extraction.warnings == []
    assert extraction.fields["audience"].value == "Teams"
