"""metascraper in the benchmark of page readers, as `tenantry bench ingest` runs it."""

import pytest

from bench import ingest, scoring
from tests.peers import node

pytestmark = pytest.mark.peers


async def test_metascraper_reads_the_same_pages_as_ours() -> None:
    assert (node.install() / "metascraper").is_dir()
    result = await ingest.measure([], ingest.TINY, lambda _: None)
    assert result.details["metascraper"]["right"] == dict.fromkeys(scoring.FIELDS, 5)
    assert result.figures["pages_metascraper_x"] > 0
