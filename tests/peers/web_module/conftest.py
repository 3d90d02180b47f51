"""Fixtures: an event server, and a page of a site that sends events."""

from collections.abc import Iterator

import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.web_module.pages import EventServer, leave, serving


@pytest.fixture
def server(browser: BrowserTab) -> Iterator[EventServer]:
    """Start a server; clears stored data of an earlier server on the same port."""
    with serving() as served:
        browser.send("Storage.clearDataForOrigin", origin=served.site, storageTypes="all")
        yield served


@pytest.fixture
def page(browser: BrowserTab, server: EventServer) -> Iterator[BrowserTab]:
    """Open a page that has started the module."""
    server.open(browser)
    yield browser
    leave(browser)
