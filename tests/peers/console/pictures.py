"""Screenshots for review, in `.local/console`, which git ignores."""

import re
from pathlib import Path

from tests.peers.chromium import BrowserTab

FOLDER = Path(__file__).resolve().parents[3] / ".local" / "console"


def keep(page: BrowserTab, who: str, address: str, theme: str, width: int) -> None:
    """Save a screenshot, named by role, address, width and theme, so that those of one screen sort
    together.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    words = re.sub(r"\W+", "-", address).strip("-")
    page.picture(FOLDER / f"{who}-{words}-{width:04}-{theme}.png")
