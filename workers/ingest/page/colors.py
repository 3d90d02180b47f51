"""Ladder of `colors`: the color that a page's head sets for the bars of browsers and the tiles of systems."""

from collections.abc import Iterator

from schemas.brand import ColorRole, FieldCandidate
from workers.ingest.colors import css_color
from workers.ingest.colors.oklab import is_white
from workers.ingest.page.document import HtmlDocument, read_tag_attribute

#: Confidence of a white bar as a background: mostly it is the page's background.
MAX_WHITE_COLOR_CONFIDENCE = 0.35

#: A color in CSS notation, its role, its confidence, its rule.
ScoredColor = tuple[str, ColorRole, float, str]


def find_page_head_color_candidates(page: HtmlDocument) -> Iterator[FieldCandidate]:
    return build_candidates_of_scored_colors(page.url, find_scored_head_colors(page))


def build_candidates_of_scored_colors(url: str, scored: Iterator[ScoredColor]) -> Iterator[FieldCandidate]:
    """Yield `colors` candidates for the CSS colors of a page's head or a manifest; template defaults are left out.

    A white color becomes a background of low confidence in any role.
    """
    for text, role, confidence, rule in scored:
        if color := css_color.parse_non_default_color(text):
            is_background = is_white(color)
            yield FieldCandidate(
                field="colors",
                value=[color],
                role="background" if is_background else role,
                confidence=min(confidence, MAX_WHITE_COLOR_CONFIDENCE) if is_background else confidence,
                rule=rule,
                url=url,
            )


def find_scored_head_colors(page: HtmlDocument) -> Iterator[ScoredColor]:
    for tag in page.tags["meta"]:
        if read_tag_attribute(tag, "name").lower() == "theme-color":
            dark = "dark" in read_tag_attribute(tag, "media").lower()
            confidence, rule = (0.30, "html.theme-color.dark") if dark else (0.55, "html.theme-color")
            yield read_tag_attribute(tag, "content"), "accent" if dark else "primary", confidence, rule
    for tag in page.tags["link"]:
        if "mask-icon" in read_tag_attribute(tag, "rel").lower().split():
            yield read_tag_attribute(tag, "color"), "primary", 0.40, "html.mask-icon"
    for _, text in page.read_first_meta_texts("msapplication-tilecolor"):
        yield text, "primary", 0.38, "html.msapplication-TileColor"
