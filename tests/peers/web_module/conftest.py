"""A browser, a server that takes events, and a page of a site that sends them."""

from collections.abc import Iterator

import pytest

from tests.peers.chromium import Page, browsing
from tests.peers.web_module.pages import EventServer, leave, serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with browsing() as opened:
        yield opened


@pytest.fixture
def server(browser: Page) -> Iterator[EventServer]:
    """Of a port that another one may have had: what the pages of that one have kept is gone."""
    with serving() as served:
        browser.ask("Storage.clearDataForOrigin", origin=served.site, storageTypes="all")
        yield served


@pytest.fixture
def page(browser: Page, server: EventServer) -> Iterator[Page]:
    """A page of a site that has started the module."""
    server.open(browser)
    yield browser
    leave(browser)
