"""Pictures of screens for somebody to look at, in `.local/console`, which git doesn't see."""

import re
from pathlib import Path

from tests.peers.chromium import Page

FOLDER = Path(__file__).resolve().parents[3] / ".local" / "console"


def keep(page: Page, who: str, address: str, theme: str, width: int) -> None:
    """Named by whose screen it is, its address and its look, so that those of one screen are side by side."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    words = re.sub(r"\W+", "-", address).strip("-")
    page.picture(FOLDER / f"{who}-{words}-{width:04}-{theme}.png")
