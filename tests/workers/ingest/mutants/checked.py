"""Mutants of documents, and checks of their ingest: values are clean and short, and little CPU is used.

The documents are the same each time, or others with another TENANTRY_SEED.
"""

import os
import unicodedata
from collections.abc import Callable
from random import Random
from typing import TypeAlias
from uuid import uuid4

import msgspec

from schemas.brand import BrandExtraction, BrandFieldName, BrandPatch, FieldCandidate, SourceFieldFinding
from workers.ingest.appstore.shapes import FetchedAppStoreWebPage, FetchedGooglePlayWebPage, FetchedStoreApp
from workers.ingest.assemble import assemble_brand_extraction
from workers.ingest.choose import MAX_ALTERNATIVE_FINDINGS
from workers.ingest.derive import quotes
from workers.ingest.github.shapes import RepositoryContent
from workers.ingest.parser import parser as parsing
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.shapes import FetchedPage, FetchedPageStyles, ParsedNonPageDoc, ParsedPage

SEED = os.environ.get("TENANTRY_SEED", "20261127")
#: Characters of each text of a field. Addresses and colors aren't words: `BrandPatch` has their forms.
LENGTHS: dict[BrandFieldName, int] = {
    "appName": 80,
    "appDescription": 500,
    "tagline": 120,
    "audience": 200,
    "icp": 400,
    "brandVoice": 400,
    "keywords": 81,
    "primaryLanguage": 35,
}
#: The same for the candidates of one document, before the derivation.
CANDIDATE_LENGTHS = LENGTHS | {"audience": 120, "keywords": 50}
Document: TypeAlias = (
    FetchedPage
    | FetchedPageStyles
    | RepositoryContent
    | FetchedStoreApp
    | FetchedGooglePlayWebPage
    | FetchedAppStoreWebPage
)
#: CPU seconds of a document, with the derivation of all its fields.
MAX_CPU_S = 1.0


async def check_mutants(
    parser: DocumentParser, name: str, count: int, make: Callable[[Random], Document | None]
) -> None:
    """Check `count` documents, each made by its own random generator, and report all failures together."""
    errors: dict[int, str] = {}
    for number in range(count):
        # Each document has its own random generator, so that it can be generated again alone.
        document = make(Random(f"{SEED}/{name}/{number}"))
        try:
            if document is not None:
                check_extraction(await extract_in_process(parser, document))
        except Exception as error:  # noqa: BLE001  any error is reported, and the other documents are read too
            errors[number] = f"{type(error).__name__}: {error}"
    assert errors == {}, f"{name}, TENANTRY_SEED={SEED}"


async def extract_in_process(parser: DocumentParser, document: Document) -> BrandExtraction:
    """Run an ingest's extraction of one document, in the parsing process, within its CPU."""
    job_parser = parser.create_job_parser(uuid4())
    read = await parsing.parse_any_ingest_document(job_parser, document)
    assert isinstance(read, ParsedPage | ParsedNonPageDoc)
    for candidate in read.candidates:
        check_finding(candidate.field, candidate, CANDIDATE_LENGTHS)
    assert all(passage.text == " ".join(passage.text.split()) for passage in read.passages)
    extraction = await assemble_brand_extraction(
        job_parser,
        url="https://acme.test/" if isinstance(document, FetchedPageStyles) else document.url,
        title=read.title if isinstance(read, ParsedPage) else None,
        candidates=read.candidates,
        passages=read.passages,
    )
    used_s = parsing.MAX_PARSING_CPU_S_PER_JOB - job_parser.left_s
    assert used_s < MAX_CPU_S, f"{used_s:.2f} s"
    return extraction


def check_extraction(extraction: BrandExtraction) -> None:
    """Check that every value is clean, within its field's length, and one that a partner could set."""
    assert not extraction.warnings
    assert msgspec.json.decode(msgspec.json.encode(extraction), type=BrandExtraction) == extraction
    assert len(extraction.title or "") <= 300
    for field, finding in extraction.fields.items():
        for any_finding in (finding, *finding.alternatives):
            check_finding(field, any_finding)
        assert len(finding.alternatives) <= MAX_ALTERNATIVE_FINDINGS + 1


def check_finding(
    field: BrandFieldName, finding: SourceFieldFinding | FieldCandidate, lengths: dict[BrandFieldName, int] = LENGTHS
) -> None:
    msgspec.convert({field: finding.value}, BrandPatch)
    assert 0 < finding.confidence <= 1
    # A voice is lines of measures and advice.
    texts = finding.value.split("\n") if isinstance(finding.value, str) else [*finding.value]
    for text in texts if field in lengths else ():
        check(text, lengths[field])
    for quote in finding.evidence:
        check(quote, quotes.MAX_DERIVED_QUOTE_CHARS)
    assert len(finding.evidence) <= quotes.MAX_EVIDENCE_QUOTES
    assert all(part.quote in finding.evidence for part in finding.parts[: quotes.MAX_EVIDENCE_QUOTES])


def check(text: str, limit: int) -> None:
    assert 0 < len(text) <= limit
    assert text == text.strip()
    assert text == unicodedata.normalize("NFC", text)
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs", "Zl", "Zp"}
