"""One API and one tab for the tests of a module."""

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
