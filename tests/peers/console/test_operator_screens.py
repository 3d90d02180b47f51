"""Checks of each operator screen: it loads from this host only, fits, and is accessible."""

import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import press
from tests.peers.console.checks import THEMES_AND_WIDTHS, check_themes, find_barriers
from tests.peers.console.filled_api import FilledApi, Screen

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

SCREENS = [
    Screen("projects", "document.querySelector('main td')"),
    Screen("projects/{project}", "document.querySelector('main .brand')"),
    Screen("projects/{project}/content", "document.querySelector('main .nothing')"),
    Screen("jobs", "document.querySelectorAll('main tbody tr').length > 20"),
    Screen("jobs?phase=failed&kind=publish_post", "document.querySelector('main tbody tr')"),
    Screen("jobs/{job}", "document.querySelector('main .timeline')"),
    Screen("ops-jobs/{job}", "document.querySelector('main .timeline')"),
    Screen("overview", "document.querySelector('main .chart') && document.querySelector('main .listing')"),
    Screen("overview?window=day&pool=publish", "document.querySelector('main .chart')"),
    Screen("ops-jobs", "document.querySelectorAll('main tbody tr').length > 20"),
    Screen("workers", "document.querySelector('main tbody tr')"),
    Screen("organizations", "document.querySelector('main tbody tr')"),
    Screen("leases", "document.querySelectorAll('main tbody tr').length === 3"),
    Screen("leases?part=offers", "document.querySelectorAll('main tbody tr').length === 2"),
    Screen("audit", "document.querySelector('main tbody tr')"),
    Screen("nowhere", "document.querySelector('main .nothing')"),
]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address)
def test_screen_is_safe_fits_and_is_accessible(filled: FilledApi, page: BrowserTab, screen: Screen) -> None:
    """The page never scrolls sideways with long names; a wide table may, in its own box."""
    filled.open(page, filled.at(screen), screen.ready)
    check_themes(page, "document.documentElement.scrollWidth")
    assert {url for url in page.requests if not url.startswith((filled.api.url, "about:"))} == set()


def test_dialogs_are_accessible(filled: FilledApi, page: BrowserTab) -> None:
    """Covers the help, the finder, an organization's usage, a form, and the narrow menu."""
    for theme, width in THEMES_AND_WIDTHS:
        page.emulate(theme, width)
        colors_only = theme == "dark"
        filled.open(page, "organizations", "document.querySelector('main td')")
        page.run("document.querySelector('.menu').click()")
        assert find_barriers(page, colors_only=colors_only) == [], (theme, width)
        for opened in ("?", "Ctrl+k"):
            press(page, opened)
            page.until("document.querySelector('dialog[open]')")
            assert find_barriers(page, colors_only=colors_only) == [], (theme, width, opened)
            press(page, "Escape")
            page.until("!document.querySelector('dialog')")
        page.run("document.querySelector('main td .tools button').click()")
        page.until("document.querySelector('dialog[open] meter')")
        assert find_barriers(page, colors_only=colors_only) == [], (theme, width)
        press(page, "Escape")
        page.until("!document.querySelector('dialog')")
        page.run("document.querySelector('main button.primary').click()")
        assert find_barriers(page, colors_only=colors_only) == [], (theme, width)
