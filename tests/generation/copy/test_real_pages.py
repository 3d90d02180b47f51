"""Copy from real pages: each hook and point is a phrase of its page or a filled shape, and makes no claim."""

from contextlib import suppress

from generation.copy.claims import find_text_claims
from generation.copy.languages import primary_language
from generation.copy.write import MissingBrandText, write_piece_copy
from generation.proofreading.words import find_copy_faults
from generation.spec import BrandSnapshot, PieceSpec
from tests.corpora import website_pages
from tests.generation.copy.test_statements import is_whole
from tests.generation.copy.tracing import lines, untraced
from tests.generation.real_brands import known
from workers.ingest.assemble import assemble_brand_extraction
from workers.ingest.parser.parser import DocumentParser, open_document_parser, parse_page

#: Every so many pages of the corpus are read.
PAGE_STEP = 9


async def read_brands(parser: DocumentParser) -> list[BrandSnapshot]:
    found = []
    for _, document in [*website_pages()][::PAGE_STEP]:
        page = await parse_page(parser, document)
        extraction = await assemble_brand_extraction(
            parser, url=page.url, title=page.title, candidates=page.candidates, passages=page.passages, facts=page.facts
        )
        found.append(known("website", extraction))
    return found


async def test_lines_of_real_pages_are_whole_and_claim_nothing() -> None:
    async with open_document_parser(at_once=2) as parser:
        brands = await read_brands(parser)
    with_statements = 0
    for brand in brands:
        for seed in ("a", "b", "c"):
            with suppress(MissingBrandText):
                copy = write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed=seed))
                assert [why for line in lines(copy) if (why := untraced(line, brand))] == []
                assert find_copy_faults(copy, brand) == []
                for line in (copy.hook, *copy.points):
                    said = [one for one in line.evidence if one.field == "statements"]
                    with_statements += bool(said)
                    if line.rule == "clause":
                        assert is_whole(line) or not said
                        assert find_text_claims(line.text, primary_language(copy.language), [brand.name]) == frozenset()
    assert with_statements
