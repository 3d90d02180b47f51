"""Deck: the slides of a piece, in their order."""

from collections.abc import Callable
from functools import partial

from generation.canvas import Canvas
from generation.slides.end import end
from generation.slides.hook import hook, image
from generation.slides.kit import Kit
from generation.slides.points import LEAST_POINTS, point, recap
from generation.spec import Copy

Slide = Callable[[], Canvas]


def slideshow(kit: Kit, copy: Copy) -> list[Slide]:
    """Return hook, points, recap and end; each slide is drawn by its call. Three points or more get a recap.

    Keywords alone, without screenshots, are on the recap only.
    """
    has_recap = len(copy.points) >= LEAST_POINTS
    texts = [] if has_recap and _are_names(kit, copy) else [line.text for line in copy.points]
    pages = len(texts) + 2 + has_recap
    points = [
        partial(point, kit, text, number, pages, is_only=len(texts) == 1)
        for number, text in enumerate(texts, 1)
    ]
    recaps = [partial(recap, kit, copy, pages - 2, pages)] if has_recap else []
    return [partial(hook, kit, copy, pages), *points, *recaps, partial(end, kit, copy, pages - 1)]


def _are_names(kit: Kit, copy: Copy) -> bool:
    """Return whether all points are keywords without screenshots: the recap alone is enough."""
    return not kit.screenshots and all(line.rule == "keyword" for line in copy.points)


def single(kit: Kit, copy: Copy) -> list[Slide]:
    return [partial(image, kit, copy)]
