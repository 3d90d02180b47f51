"""Actions on a screen: click a button by its text, fill a dialog, send it."""

from tests.peers.chromium import BrowserTab

NOTE = """{
  if (!window.noted) {
    const keep = (lines) => lines.forEach((line) => noted.push(line.textContent));
    const heard = new MutationObserver((all) => all.forEach((one) => keep(one.addedNodes)));
    heard.observe(document.getElementById('notices'), {childList: true});
  }
  window.noted = [];
}"""


def click(page: BrowserTab, text: str, *, within: str = "main") -> None:
    """Click the button or link with this text, once it is there."""
    found = (
        f"[...document.querySelectorAll('{within} :is(button, a, summary)')]"
        f".find((one) => one.innerText === {text!r})"
    )
    page.until(found)
    page.run(f"{found}.click()")


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
