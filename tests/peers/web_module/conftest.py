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
def server() -> Iterator[EventServer]:
    with serving() as served:
        yield served


@pytest.fixture
def page(browser: Page, server: EventServer) -> Iterator[Page]:
    """A page of a site that has started the module."""
    server.open(browser)
    yield browser
    leave(browser)
