"""A parsing process for a module's tests."""

from collections.abc import AsyncIterator

import pytest_asyncio

from workers.ingest.parser.parser import DocumentParser, open_document_parser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parser() -> AsyncIterator[DocumentParser]:
    async with open_document_parser(at_once=2) as opened:
        yield opened
