"""One API and one tab for the tests of a module, and a tab for each walk."""

from collections.abc import Iterator

import pytest

from tests.peers.chromium import Page, browsing
from tests.peers.console.filled_api import FilledApi, filled_api


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledApi]:
    with filled_api(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browsing() as tab:
        tab.ask("Network.enable")
        yield tab


@pytest.fixture
def tab() -> Iterator[Page]:
    """A tab in which nothing goes wrong, and nothing runs that somebody wrote into a field."""
    with browsing() as page:
        page.resize(1400)
        yield page
        assert page.run("window.ran") is None
        assert page.troubles == []
