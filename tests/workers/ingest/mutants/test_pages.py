"""Mutated pages: each is read within a second of CPU, without an error, and within field lengths."""

import re

import msgspec
import pytest

from cli.local.demo import DEMO_SITE_FOLDER
from tests.corpora import website_pages
from tests.workers.ingest.mutants.checked import check_mutants
from tests.workers.ingest.mutants.pages import mutant
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.shapes import FetchedPage

DEMO = FetchedPage(
    url="https://www.tidewise.example/",
    body=(DEMO_SITE_FOLDER / "index.html").read_bytes(),
    content_type="text/html; charset=utf-8",
)
#: Copies of the demo's text that make a page as large as real ones: 40, 113 and 367 KB.
COPIES = (12, 35, 115)


def enlarged(copies: int) -> FetchedPage:
    """Repeat the demo's text, and add a script that readers ignore and parsers must pass."""
    before, text, after = re.split(rb"(<section.*</section>)", DEMO.body, flags=re.DOTALL)
    script = b"<script>window.state=[%s]</script>" % (b'{"id": 7, "label": "Know your tide."},' * 30 * copies)
    return msgspec.structs.replace(DEMO, body=before + text * copies + script + after)


@pytest.mark.timing
async def test_any_mutant_of_a_made_page_is_read_within_a_second(parser: DocumentParser) -> None:
    pages = [DEMO, DEMO, *map(enlarged, COPIES)]
    await check_mutants(parser, "made page", 30, lambda chance: mutant(chance.choice(pages), pages, chance))


@pytest.mark.parametrize("block", range(3))
@pytest.mark.long
@pytest.mark.first
async def test_any_mutant_of_a_real_page_is_read_within_a_second(parser: DocumentParser, block: int) -> None:
    pages = [document for _, document in website_pages()]
    await check_mutants(parser, f"real page/{block}", 100, lambda chance: mutant(chance.choice(pages), pages, chance))
