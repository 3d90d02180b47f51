"""Ladder of `colors`: the color that a page's head sets for the bars of browsers and the tiles of systems."""

from collections.abc import Iterator

from schemas.brand import Candidate, ColorRole
from workers.ingest.colors import css_color
from workers.ingest.colors.oklab import is_white
from workers.ingest.page.document import Document, attribute

#: Confidence of a white bar as a background: mostly it is the page's background.
WHITE_CONFIDENCE = 0.35

#: A color in CSS notation, its role, its confidence, its rule.
Scored = tuple[str, ColorRole, float, str]


def candidates(page: Document) -> Iterator[Candidate]:
    return color_candidates(page.url, ladder(page))


def color_candidates(url: str, scored: Iterator[Scored]) -> Iterator[Candidate]:
    """Yield candidates of colors in settings; a white one becomes a background in any role."""
    for text, role, confidence, rule in scored:
        if color := css_color.parse_chosen_color(text):
            is_background = is_white(color)
            yield Candidate(
                field="colors",
                value=[color],
                role="background" if is_background else role,
                confidence=min(confidence, WHITE_CONFIDENCE) if is_background else confidence,
                rule=rule,
                url=url,
            )


def ladder(page: Document) -> Iterator[Scored]:
    for tag in page.tags["meta"]:
        if attribute(tag, "name").lower() == "theme-color":
            dark = "dark" in attribute(tag, "media").lower()
            confidence, rule = (0.30, "html.theme-color.dark") if dark else (0.55, "html.theme-color")
            yield attribute(tag, "content"), "accent" if dark else "primary", confidence, rule
    for tag in page.tags["link"]:
        if "mask-icon" in attribute(tag, "rel").lower().split():
            yield attribute(tag, "color"), "primary", 0.40, "html.mask-icon"
    for _, text in page.meta("msapplication-tilecolor"):
        yield text, "primary", 0.38, "html.msapplication-TileColor"
