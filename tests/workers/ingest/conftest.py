"""A parsing process for a module's tests, and garbage collection limited to the module's own objects."""

import gc
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from workers.ingest.parser.parser import DocumentParser, open_document_parser


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
