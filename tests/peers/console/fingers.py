"""Touch gestures."""

from tests.peers.chromium import BrowserTab

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


def show(page: BrowserTab, what: str) -> None:
    page.run(f"document.querySelector(`{what}`).scrollIntoView({{block: 'center'}})")


def centre(page: BrowserTab, what: str) -> tuple[float, float]:
    found = f"document.querySelector(`{what}`).getBoundingClientRect()"
    x, y = page.run(f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({found})")
    return x, y


def touch(page: BrowserTab, kind: str, *at: float) -> None:
    """Dispatch a touch event: start, move or end."""
    page.send(
        "Input.dispatchTouchEvent", type=kind, touchPoints=[dict(zip("xy", at, strict=True))] if at else []
    )


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
