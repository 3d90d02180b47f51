"""Actions of a person in a tab: click a button by its text, fill a dialog, press keys, touch."""

from typing import Any

from tests.peers.chromium import BrowserTab

NOTE = """{
  if (!window.noted) {
    const keep = (lines) => lines.forEach((line) => noted.push(line.textContent));
    const heard = new MutationObserver((all) => all.forEach((one) => keep(one.addedNodes)));
    heard.observe(document.getElementById('notices'), {childList: true});
  }
  window.noted = [];
}"""

CODES = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, " ": 32}
MODIFIERS = {"Ctrl": 2, "Shift": 8}

#: Replaces the long-press timer by one that never ends, however slow the machine is in a swipe; `holds` has
#: the running timers.
NEVER_HELD = """{
  const [begin, end] = [setTimeout, clearTimeout], holds = window.holds = new Set();
  let last = 0;
  window.setTimeout = (act, after) => {
    if (after !== 400) return begin(act, after);
    holds.add(--last);
    return last;
  };
  window.clearTimeout = (one) => holds.delete(one) || end(one);
  window.asBefore = () => { window.setTimeout = begin; window.clearTimeout = end; };
}"""

#: Resolves once a swipe's scrolling has ended.
AT_REST = """new Promise((done) => {
  let last = null, same = 0;
  const look = () => {
    same = scrollY === last ? same + 1 : 0;
    last = scrollY;
    if (same > 20) done(1);
    else requestAnimationFrame(look);
  };
  look();
})"""


def click(page: BrowserTab, text: str, *, within: str = "main") -> None:
    """Click the button or link with this text, once it is there."""
    found = (
        f"[...document.querySelectorAll('{within} :is(button, a, summary)')].find((one) => one.innerText === {text!r})"
    )
    page.until(found)
    page.run(f"{found}.click()")


def click_button(page: BrowserTab, text: str) -> None:
    """Click the enabled button with this text, once it is there: in the dialog if there is one."""
    place = "(document.querySelector('dialog[open]') ?? document.querySelector('main'))"
    button = f"[...{place}.querySelectorAll('button')].find((one) => one.innerText === {text!r} && !one.disabled)"
    page.until(button)
    page.run(f"{button}.click()")


def write(page: BrowserTab, name: str, text: str) -> None:
    """Set a field of the dialog."""
    field = f"document.querySelector('dialog [name=\"{name}\"]')"
    page.until(field)
    page.run(f"(({field}).value = {text!r}, {field}.dispatchEvent(new Event('change', {{bubbles: true}})))")


def send(page: BrowserTab) -> None:
    page.run("document.querySelector('dialog form > .tools button:last-child').click()")


def record_notices(page: BrowserTab) -> None:
    """Record notices from now on: each disappears after seconds, and the machine may stall for longer."""
    page.run(NOTE)


def wait_for_notice(page: BrowserTab, words: str, *, times: int = 1) -> None:
    """Wait until `times` notices since `record_notices` contain these words."""
    page.until(f"noted.filter((one) => one.includes({words!r})).length === {times}")


def press(page: BrowserTab, *keys: str) -> None:
    """Press keys one after the other, for example `g`, `Enter`, `Ctrl+k` or `Shift+ArrowDown`."""
    for key in keys:
        modifier, _, name = key.rpartition("+")
        text = {"Enter": "\r"}.get(name, name if len(name) == 1 and not modifier else "")
        event: dict[str, Any] = {
            "key": name,
            "windowsVirtualKeyCode": CODES.get(name) or ord(name.upper()),
            "modifiers": MODIFIERS.get(modifier, 0),
        }
        page.send("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        page.send("Input.dispatchKeyEvent", type="keyUp", **event)


def scroll_to(page: BrowserTab, what: str) -> None:
    page.run(f"document.querySelector(`{what}`).scrollIntoView({{block: 'center'}})")


def centre(page: BrowserTab, what: str) -> tuple[float, float]:
    found = f"document.querySelector(`{what}`).getBoundingClientRect()"
    x, y = page.run(f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({found})")
    return x, y


def touch(page: BrowserTab, kind: str, *at: float) -> None:
    """Dispatch a touch event: start, move or end."""
    page.send("Input.dispatchTouchEvent", type=kind, touchPoints=[dict(zip("xy", at, strict=True))] if at else [])


def swipe(page: BrowserTab, x: float, y: float) -> None:
    """Swipe over a draggable element until scrolling ends; its long press must be canceled."""
    page.run(NEVER_HELD)
    touch(page, "touchStart", x, y)
    page.until("holds.size === 1")
    touch(page, "touchMove", x, y - 30)
    touch(page, "touchMove", x, y - 60)
    touch(page, "touchEnd")
    page.run(AT_REST)
    assert page.run("holds.size") == 0
    page.run("asBefore()")
