"""Accessibility of every screen: no barrier found by axe-core, light and dark, wide and narrow."""

import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.console.axe import find_barriers
from tests.peers.console.filled_api import FilledApi
from tests.peers.console.keyboard import press
from tests.peers.console.pictures import keep
from tests.peers.console.screens import SCREENS, Screen

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

LOOKS = [(theme, width) for theme in ("light", "dark") for width in (1400, 400)]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address)
def test_screen_has_no_accessibility_barrier(filled: FilledApi, page: BrowserTab, screen: Screen) -> None:
    filled.open(page, filled.at(screen), screen.ready)
    found = {}
    for theme, width in LOOKS:
        page.look(theme, width)
        found[theme, width] = find_barriers(page)
        keep(page, "operators", screen.address, theme, width)
    assert found == {look: [] for look in LOOKS}


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_dialog_has_no_accessibility_barrier(
    filled: FilledApi, page: BrowserTab, theme: str, width: int
) -> None:
    """Covers the help, the finder, an organization's usage, a form, and the narrow menu."""
    page.look(theme, width)
    filled.open(page, "organizations", "document.querySelector('main td')")
    page.run("document.querySelector('.menu').click()")
    assert find_barriers(page) == []
    for opened in ("?", "Ctrl+k"):
        press(page, opened)
        page.until("document.querySelector('dialog[open]')")
        assert find_barriers(page) == []
        press(page, "Escape")
        page.until("!document.querySelector('dialog')")
    page.run("document.querySelector('main td .tools button').click()")
    page.until("document.querySelector('dialog[open] meter')")
    assert find_barriers(page) == []
    press(page, "Escape")
    page.until("!document.querySelector('dialog')")
    page.run("document.querySelector('main button.primary').click()")
    assert find_barriers(page) == []
