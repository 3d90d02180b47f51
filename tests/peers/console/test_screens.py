"""Checks of every screen: it loads from this host only, runs no injected script, and fits."""

import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.console.filled_api import FilledApi
from tests.peers.console.screens import SCREENS, Screen

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address)
def test_screen_sends_requests_to_its_host_only(filled: FilledApi, page: BrowserTab, screen: Screen) -> None:
    filled.open(page, filled.at(screen), screen.ready)
    assert {url for url in page.requests if not url.startswith((filled.api.url, "about:"))} == set()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address)
def test_long_names_fit_the_screen(filled: FilledApi, page: BrowserTab, screen: Screen) -> None:
    """The page never scrolls sideways; a wide table may, in its own box."""
    for width in (1400, 400):
        page.resize(width)
        filled.open(page, filled.at(screen), screen.ready)
        assert page.run("document.documentElement.scrollWidth") <= width
