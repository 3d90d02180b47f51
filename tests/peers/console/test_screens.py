"""What holds for every screen: it loads from here alone, runs nothing that a name says, and fits."""

from collections.abc import Iterator

import pytest

from tests.peers.chromium import Page, browsing
from tests.peers.console.filled_api import FilledApi, filled_api
from tests.peers.console.screens import SCREENS, Screen

pytestmark = [pytest.mark.peers, pytest.mark.timeout(180)]

WIDTHS = (1400, 400)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledApi]:
    with filled_api(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browsing() as tab:
        tab.ask("Network.enable")
        yield tab


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address)
def test_it_loads_from_here_alone_and_runs_no_name(filled: FilledApi, page: Page, screen: Screen) -> None:
    page.requests.clear()
    filled.open(page, screen.address.format(project=filled.project), screen.ready)
    assert page.run("window.ran") is None
    assert page.troubles == []
    assert {url for url in page.requests if not url.startswith((filled.api.url, "about:"))} == set()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address)
def test_no_name_is_too_long_for_it(filled: FilledApi, page: Page, screen: Screen, width: int) -> None:
    """The page itself never scrolls sideways; a table of many columns may, in its own box."""
    page.resize(width)
    filled.open(page, screen.address.format(project=filled.project), screen.ready)
    assert page.run("document.documentElement.scrollWidth") <= width
