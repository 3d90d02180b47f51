"""Accessibility barriers of a page, found by axe-core."""

from tests.peers import node
from tests.peers.chromium import BrowserTab

RUN = """
axe.run(document, {
  resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
}).then(({violations}) => violations.flatMap(({id, impact, nodes}) => nodes.slice(0, 3).map(
  (one) => `${impact} ${id}: ${one.html.slice(0, 160)} ${one.failureSummary.slice(0, 200)}`)))
"""


def find_barriers(page: BrowserTab) -> list[str]:
    """Return each barrier with its rule and place. Animations stop first: faded text has less contrast."""
    if page.run("typeof axe") == "undefined":
        page.run((node.install() / "axe-core" / "axe.min.js").read_text("utf-8") + "; 1")
    page.run("Promise.all(document.getAnimations().map((one) => { one.cancel(); return 1; }))")
    found: list[str] = page.run(RUN)
    return found
