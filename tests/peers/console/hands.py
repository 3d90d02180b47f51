"""What a person's hands do on a screen: click what says something, fill a dialog, send it."""

from tests.peers.chromium import Page


def click(page: Page, text: str, *, within: str = "main") -> None:
    """The button or link that says this, once it is there."""
    found = (
        f"[...document.querySelectorAll('{within} :is(button, a, summary)')]"
        f".find((one) => one.innerText === {text!r})"
    )
    page.until(found)
    page.run(f"{found}.click()")


def write(page: Page, name: str, text: str) -> None:
    """Into a field of the dialog, as one that is typed or chosen."""
    field = f"document.querySelector('dialog [name=\"{name}\"]')"
    page.until(field)
    page.run(f"(({field}).value = {text!r}, {field}.dispatchEvent(new Event('change', {{bubbles: true}})))")


def send(page: Page) -> None:
    page.run("document.querySelector('dialog form > .tools button:last-child').click()")
