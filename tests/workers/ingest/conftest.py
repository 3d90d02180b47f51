"""A parsing process for a module's tests, and a garbage collector that looks at their own objects alone."""

import gc
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from workers.ingest.parser.parser import Parser, open_parser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parser() -> AsyncIterator[Parser]:
    async with open_parser(at_once=2) as opened:
        yield opened


@pytest.fixture(autouse=True, scope="module")
def _own_garbage() -> Iterator[None]:
    """Without it, CPU that a test measures would be spent on what tests before it left in memory."""
    gc.freeze()
    yield
    gc.unfreeze()
