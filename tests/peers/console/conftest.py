"""Fixtures: one API of each kind for the run, and a tab for each test."""

from collections.abc import Iterator

import pytest

from tests.peers.chromium import BrowserTab, stranger
from tests.peers.console.filled_api import FilledApi, filled_api
from tests.peers.own_api import OwnApi, own_api


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledApi]:
    with filled_api(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnApi]:
    with own_api(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture
def page(browser: BrowserTab) -> Iterator[BrowserTab]:
    """Open a tab; assert that it had no unexpected error and ran no injected script."""
    with stranger(browser.browser) as page:
        page.emulate("light", 1400)
        yield page
        page.until("document.readyState === 'complete'")
        assert page.run("window.ran") is None
        assert page.troubles == []
