"""A whole ingest of the stores against a server that gives the recorded answers."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.workers.ingest.appstore.counter import FACEBOOK, at, ingest, json, recorded
from workers.parse import Parser, open_parser

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parser() -> AsyncIterator[Parser]:
    async with open_parser(at_once=2) as opened:
        yield opened


async def test_a_recorded_listing_is_read_exactly(parser: Parser) -> None:
    extraction, site = await ingest(
        parser, {at(FACEBOOK): json(recorded("itunesLookup-284882215.json"))}, FACEBOOK
    )
    assert site.paths == ["/lookup?id=284882215&country=us", "/robots.txt", "/us/app/id284882215"]
    fields = {name: finding.value for name, finding in extraction.fields.items()}
    assert fields["appName"] == "Facebook"
    assert fields["appDescription"] == "Keeping up with friends is faster than ever."
    assert fields["keywords"][:1] == ["social networking"]
    assert fields["primaryLanguage"] == "en"
    assert fields["links"] == {
        "website": "https://www.facebook.com/mobile",
        "appStore": "https://itunes.apple.com/us/app/facebook/id284882215",
    }
    assert extraction.title == "Facebook"
    assert extraction.url == "https://itunes.apple.com/us/app/facebook/id284882215"
    assert [warning.partition(":")[0] for warning in extraction.warnings] == ["subtitle_missing"]
