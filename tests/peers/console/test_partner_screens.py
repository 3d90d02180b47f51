"""Checks of each partner screen, with 10,000 posts and hostile texts."""

from collections.abc import Iterator

import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import press
from tests.peers.console.checks import check_themes, find_barriers
from tests.peers.console.filled_api import Screen
from tests.peers.console.furnished import furnished
from tests.peers.console.shop import FilledShop

pytestmark = [pytest.mark.peers, pytest.mark.timeout(480)]

PROJECT = "projects/{project}"
SCREENS = [
    Screen("projects", "document.querySelector('main tbody tr')"),
    Screen("content", "document.querySelectorAll('main .item').length === 4"),
    Screen("posts", "document.querySelectorAll('main tbody tr').length === 50"),
    Screen("accounts", "document.querySelectorAll('main tbody tr').length === 2"),
    Screen("webhooks", "document.querySelector('main tbody tr')"),
    Screen("webhooks/{endpoint}", "document.querySelector('main .facts') && document.querySelector('main .tabs')"),
    Screen("keys", "document.querySelector('main tbody tr')"),
    Screen(PROJECT, "document.querySelector('main mark') && document.querySelector('main .source')"),
    Screen(f"{PROJECT}/content", "document.querySelector('main .item')"),
    Screen(f"{PROJECT}/content/{{content}}", "document.querySelector('main .gallery img')"),
    Screen(f"{PROJECT}/content/{{film}}", "document.querySelector('main video')?.readyState > 1"),
    Screen(f"{PROJECT}/calendar", "document.querySelector('main .post')"),
    Screen(f"{PROJECT}/calendar?view=week", "document.querySelector('main .post')"),
    Screen(f"{PROJECT}/calendar/{{post}}", "document.querySelector('main .happened')"),
    Screen(f"{PROJECT}/accounts", "document.querySelector('main tbody tr')"),
    Screen(f"{PROJECT}/metrics", "document.querySelectorAll('main .listing tbody tr').length === 10"),
    Screen(f"{PROJECT}/influencers", "document.querySelector('main .person img')?.naturalWidth === 800"),
    Screen(f"{PROJECT}/apps", "document.querySelectorAll('main tbody tr').length === 25"),
    Screen(f"{PROJECT}/settings", "document.querySelectorAll('main section.card').length === 2"),
]


#: URL schemes without a host: the icons of a video player are data URLs.
HERE = ("about:", "data:")

#: The texts of the buttons of dialogs, by screen.
DIALOGS = {
    "projects": ["New project"],
    "webhooks": ["New endpoint"],
    "webhooks/{endpoint}": ["Edit…", "Rotate secret…", "Delete…", "Send again since…"],
    "keys": ["New key"],
    PROJECT: ["Read", "Edit", "Set", "Archive…"],
    f"{PROJECT}/content": ["Upload content", "Generate content"],
    f"{PROJECT}/content/{{content}}": ["Reject…", "Edit caption", "Schedule…"],
    f"{PROJECT}/calendar": ["Schedule a post"],
    f"{PROJECT}/calendar/{{post}}": ["Move post…", "Cancel post…"],
    f"{PROJECT}/accounts": ["Connect an account", "Request accounts", "Disconnect"],
    f"{PROJECT}/settings": ["Edit", "Change policy"],
}


#: Status of the hooks request for a brand with too little information.
BRAND_IS_SILENT = "422"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledShop]:
    with furnished(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.address)
def test_screen_and_its_dialogs_are_safe_fit_and_are_accessible(
    full: FilledShop, page: BrowserTab, screen: Screen
) -> None:
    """Checks both themes, wide and narrow; all requests go to this host."""
    full.open(page, screen.address, screen.ready)
    check_themes(page, "document.documentElement.scrollWidth")
    assert {url for url in page.requests if not url.startswith((*HERE, full.api.url))} == set()
    page.expects.append(BRAND_IS_SILENT)
    for name in DIALOGS.get(screen.address, []):
        check_dialog(page, name)


def check_dialog(page: BrowserTab, name: str) -> None:
    """Check the dialog of the button with this text, which has the focus again at its end."""
    page.emulate("light", 1400)
    found = f"[...document.querySelectorAll('main button')].find((one) => one.innerText === {name!r})"
    page.until(found)
    page.run(f"(window.opener = {found}, opener.focus(), opener.click())")
    page.until("document.querySelector('dialog[open]')")
    check_themes(page, "document.querySelector('dialog').getBoundingClientRect().width")
    for _ in range(12):
        press(page, "Tab")
        assert not page.run("document.activeElement.matches('main *, #bar *')"), name
    press(page, "Escape")
    page.until("!document.querySelector('dialog')")
    page.until("document.activeElement === opener")


def test_preview_follows_each_platform(full: FilledShop, page: BrowserTab) -> None:
    """Captions are cut only on platforms with a documented limit."""
    lines = [f"Line {number}" for number in range(33)]
    with full.api.client() as client:
        target = {"socialAccountId": full.account, "captionOverride": "\n".join(lines)}
        at = full.schedule(client, full.contents[2], days=3)["scheduledFor"]
        created = client.post(f"/content/{full.contents[2]}/schedule", json={"scheduledFor": at, "targets": [target]})
        assert created.is_success, created.text
        post = created.json()["scheduledPosts"][0]["id"]
    full.open(page, f"{PROJECT}/calendar/{post}", "document.querySelector('.preview.bluesky .caption')")
    for name, seen in (("TikTok", 33), ("Instagram", 33), ("Mastodon", 15), ("Bluesky", 25)):
        page.run(f"[...document.querySelectorAll('.looks button')].find((b) => b.innerText === '{name}').click()")
        page.until(f"document.querySelector('.preview.{name.lower()}')")
        assert page.run("document.querySelector('.preview .caption').innerText").count("Line") == seen, name
        assert page.run("document.querySelector('.preview summary') !== null") == (seen < len(lines)), name
        assert find_barriers(page) == [], name
