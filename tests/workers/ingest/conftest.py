"""Parsed real pages, a parsing process for a module, and garbage collection of the module's own objects."""

import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.corpora import website_pages
from workers.ingest.page.extract import extract_page
from workers.ingest.parser.parser import DocumentParser, open_document_parser
from workers.ingest.shapes import ParsedPage


@pytest.fixture(scope="session")
def real_pages() -> list[tuple[dict[str, Any], ParsedPage]]:
    """Parse each page of the website corpus; return it with its case."""
    return [(case, extract_page(document)) for case, document in website_pages()]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parser() -> AsyncIterator[DocumentParser]:
    async with open_document_parser(at_once=2) as opened:
        yield opened


@pytest.fixture(autouse=True, scope="module")
def _own_garbage() -> Iterator[None]:
    """Freeze older objects, so that a test's measured CPU excludes the garbage of earlier tests."""
    gc.freeze()
    yield
    gc.unfreeze()
