"""Key presses on a page."""

from typing import Any

from tests.peers.chromium import BrowserTab

CODES = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, " ": 32}
CONTROL = 2


def press(page: BrowserTab, *keys: str) -> None:
    """Press keys one after the other, for example `g`, `Enter` or `Ctrl+k`."""
    for key in keys:
        name = key.removeprefix("Ctrl+") if len(key) > 1 else key
        held: dict[str, Any] = {"modifiers": CONTROL} if name != key else {}
        text = {"Enter": "\r"}.get(name, name if len(name) == 1 and not held else "")
        code = CODES.get(name, ord(name.upper()) if len(name) == 1 else 0)
        page.send(
            "Input.dispatchKeyEvent", type="keyDown", key=name, text=text, windowsVirtualKeyCode=code, **held
        )
        page.send("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code, **held)
