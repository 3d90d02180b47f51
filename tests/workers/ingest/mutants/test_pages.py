"""Mutated pages: each is read within a second of CPU, without an error, and within field lengths."""

import gzip
import json
from functools import cache

import pytest

from tests.corpora import corpus
from tests.workers.ingest import made_pages as made
from tests.workers.ingest.mutants import home
from tests.workers.ingest.mutants.checked import check_mutants
from tests.workers.ingest.mutants.pages import mutant
from workers.ingest.parser.parser import Parser
from workers.ingest.shapes import PageDocument

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_any_mutant_of_a_made_page_is_read_within_a_second(parser: Parser) -> None:
    pages = [home.PAGE, home.PAGE, *(case.source for case in made.make(5))]
    await check_mutants(parser, "made page", 25, lambda chance: mutant(chance.choice(pages), pages, chance))


@pytest.mark.parametrize("block", range(10))
@pytest.mark.long
@pytest.mark.first
async def test_any_mutant_of_a_real_page_is_read_within_a_second(parser: Parser, block: int) -> None:
    pages = real_pages()
    await check_mutants(
        parser, f"real page/{block}", 200, lambda chance: mutant(chance.choice(pages), pages, chance)
    )


@cache
def real_pages() -> list[PageDocument]:
    folder = corpus("website")
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]
    return [
        PageDocument(url=case["url"], body=gzip.decompress((folder / "pages" / case["file"]).read_bytes()))
        for case in cases
    ]
