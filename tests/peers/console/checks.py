"""Accessibility barriers of a page, found by axe-core, in both themes, wide and narrow."""

from itertools import product

from tests.peers import node
from tests.peers.chromium import BrowserTab

THEMES_AND_WIDTHS = [*product(("light", "dark"), (1400, 400))]

#: An open dialog makes the page behind it inert, so only the dialog is checked.
RUN = """
axe.run(document.querySelector('dialog[open]') ?? document, {
  resultTypes: ['violations'], runOnly: %s,
}).then(({violations}) => violations.flatMap(({id, impact, nodes}) => nodes.slice(0, 3).map(
  (one) => `${impact} ${id}: ${one.html.slice(0, 160)} ${one.failureSummary.slice(0, 200)}`)))
"""
ALL_RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']"
#: Rules that depend on the theme: the console's themes differ only in colors.
COLOR_RULES = "{type: 'rule', values: ['color-contrast', 'link-in-text-block']}"


def check_themes(page: BrowserTab, width_of: str = "0") -> None:
    """Assert in both themes, wide and narrow, that no barrier exists and that what `width_of` measures fits."""
    for theme, width in THEMES_AND_WIDTHS:
        page.emulate(theme, width)
        assert page.run(width_of) <= width, (theme, width)
        assert find_barriers(page, colors_only=theme == "dark") == [], (theme, width)


def find_barriers(page: BrowserTab, *, colors_only: bool = False) -> list[str]:
    """Return each barrier with its rule and place. Animations stop first: faded text has less contrast."""
    if page.run("typeof axe") == "undefined":
        page.run((node.install() / "axe-core" / "axe.min.js").read_text("utf-8") + "; 1")
    page.run("Promise.all(document.getAnimations().map((one) => { one.cancel(); return 1; }))")
    found: list[str] = page.run(RUN % (COLOR_RULES if colors_only else ALL_RULES))
    return found
