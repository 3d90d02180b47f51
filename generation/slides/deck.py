"""Deck: the slides of a piece, in their order."""

from collections.abc import Callable
from functools import partial

from generation.canvas import Canvas
from generation.slides.end import draw_end_slide
from generation.slides.hook import draw_hook_slide
from generation.slides.kit import SlideKit
from generation.slides.points import MIN_RECAP_POINTS, draw_point_slide, draw_recap_slide
from generation.spec import PieceCopy

SlideDrawer = Callable[[], Canvas]


def list_slideshow_slide_drawers(kit: SlideKit, copy: PieceCopy) -> list[SlideDrawer]:
    """Return the slides of a slideshow as calls that draw them: hook, points, recap and end.

    Three points or more get a recap. Keywords alone, without screenshots, are on the recap only.
    """
    has_recap = len(copy.points) >= MIN_RECAP_POINTS
    texts = [] if has_recap and _are_points_bare_keywords(kit, copy) else [line.text for line in copy.points]
    pages = len(texts) + 2 + has_recap
    points = [
        partial(draw_point_slide, kit, text, number, pages, is_only=len(texts) == 1)
        for number, text in enumerate(texts, 1)
    ]
    recaps = [partial(draw_recap_slide, kit, copy, pages - 2, pages)] if has_recap else []
    return [partial(draw_hook_slide, kit, copy, pages), *points, *recaps, partial(draw_end_slide, kit, copy, pages - 1)]


def _are_points_bare_keywords(kit: SlideKit, copy: PieceCopy) -> bool:
    """Return whether all points are keywords without screenshots: the recap alone is enough."""
    return not kit.screenshots and all(line.rule == "keyword" for line in copy.points)
