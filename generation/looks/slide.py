"""Slide: one section of a look with its texts and pictures, fitted, legible and drawn."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

from PIL import Image

from generation.attention import ShareBox
from generation.color import MIN_TEXT_CONTRAST_RATIO
from generation.crops import find_crop, find_position_shares
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.looks import styles
from generation.looks.boxes import Box, MeasuredText, match_pictures, match_texts
from generation.looks.contrast import LineContrast, SlideLayers, measure_line_contrasts
from generation.looks.engine import LookEngine, Pixels
from generation.looks.filling import (
    CLASS_BY_ASPECT,
    FilledSection,
    Node,
    SlideContent,
    TextPlace,
    fill_section,
    find_missing_parts,
)
from generation.looks.fitting import SlideMisfit, fit_texts
from generation.looks.fonts import Script, find_script_of_text, list_fallback_families
from generation.looks.palette import LookPalette
from generation.looks.template import MIN_FONT_SIZE_PX, Element, Template
from generation.outputs import MeasuredDrawnTextLine
from generation.spec import AspectRatio
from generation.text.breaking import mark_phrase_breaks
from generation.text.cleaning import clean_drawn_text
from generation.text.scripts import has_stacked_letters, is_right_to_left_language

#: Opacity of a shade at first, and the step by which it grows until each line is legible.
FIRST_SCRIM, SCRIM_STEP = 0.45, 0.09
#: Contrast that one step adds at least: a large lack is made up in several steps at once.
_CONTRAST_OF_A_STEP = 0.7
#: Largest share of a person or product that words may cover.
MAX_COVERED_SUBJECT_SHARE = 0.08
#: Largest overlap of the boxes of two texts, in em of the smaller: lines of big letters reach beyond their ink.
MAX_OVERLAP_EM = 0.35
#: Slots of decorative signs.
DECORATIVE_SLOTS = frozenset({"quotemark", "arrow"})
#: Roles of pictures in slots of screens.
SCREEN_ROLES = frozenset({"screenshot", "framed"})
#: Roles of pictures with a subject that words must not cover.
ROLES_WITH_SUBJECT = frozenset({"person", "product"})


class DrawnSlide(NamedTuple):
    """A drawn slide, the measured lines on it, and the opacity of its shade."""

    image: Image.Image
    marks: list[MeasuredDrawnTextLine]
    scrim: float


class PreparedSlide(NamedTuple):
    """A section with fitted texts, ready to be drawn."""

    section: FilledSection
    classes: str
    texts: list[MeasuredText]

    @property
    def read_texts(self) -> list[MeasuredText]:
        """Return the texts to read; a quotation mark or an arrow is decoration."""
        return [one for one in self.texts if one.place.slot not in DECORATIVE_SLOTS]

    @property
    def words_top_px(self) -> float:
        """Return the y of the top of the largest text."""
        return min(((-one.place.size, one.box_in_slide[1]) for one in self.texts), default=(0, 0.0))[1]


class LookTexts(NamedTuple):
    """All texts of a piece, for the choice of fonts: their script, and the fallback families of each variable."""

    language: str
    script: Script
    is_stacked: bool
    fallbacks: dict[str, list[str]]

    @property
    def families(self) -> set[str]:
        return {family for families in self.fallbacks.values() for family in families}


class LookArtist(NamedTuple):
    """A look with all that the slides of a piece share."""

    engine: LookEngine
    template: Template
    palette: LookPalette
    aspect: AspectRatio
    texts: LookTexts

    @property
    def language(self) -> str:
        return self.texts.language

    @property
    def size(self) -> tuple[int, int]:
        return PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[self.aspect].size

    def prepare_slide(self, section: Element, content: SlideContent) -> PreparedSlide:
        """Return a section with the texts of a slide, each in its largest fitting size.

        Optional texts that don't fit are left out. Raises `SlideMisfit` if the section can't show the slide.
        """
        content = content._replace(texts={slot: self._clean(text) for slot, text in content.texts.items()})
        content = content._replace(items=[self._clean(item) for item in content.items])
        if missing := find_missing_parts(section, content):
            raise SlideMisfit(missing[0], "is missing")
        dropped: set[str] = set()
        while True:
            filled = fill_section(section, content, self.aspect, dropped)
            classes = self._list_section_classes(section, content)
            try:
                texts = self._split_plates(filled, classes, self._fit(filled, classes))
                check_distances(texts, self.size)
                self._place_pictures(filled, classes, texts)
            except SlideMisfit as misfit:
                if not misfit.is_optional or misfit.slot in dropped:
                    raise
                dropped.add(misfit.slot)
                continue
            return PreparedSlide(filled, classes, texts)

    def _clean(self, text: str) -> str:
        return mark_phrase_breaks(clean_drawn_text(text), self.language)

    def _list_section_classes(self, section: Element, content: SlideContent) -> str:
        given = section.attributes.get("class", "")
        shown = "" if content.pictures.get("photo") else "no-photo"
        items = f"items-{len(content.items)}" if content.items else ""
        direction = "rtl" if is_right_to_left_language(self.language) else ""
        stacked = styles.STACKED_CLASS if self.texts.script == "other" and self.texts.is_stacked else ""
        parts = (
            styles.SLIDE_CLASS,
            given,
            content.kind,
            CLASS_BY_ASPECT[self.aspect],
            self.texts.script,
            direction,
            shown,
            stacked,
            items,
        )
        return " ".join(filter(None, parts))

    def _write_markup(self, filled: FilledSection, classes: str) -> str:
        direction = "rtl" if is_right_to_left_language(self.language) else "ltr"
        filled.root.attributes |= {"class": classes, "dir": direction, "lang": self.language}
        filled.root.style["direction"] = direction
        return filled.root.to_markup()

    def _build_stylesheets(self, scrim: float = FIRST_SCRIM, words_top: float = 0.5) -> list[str]:
        css = self.template.css
        own = styles.mirror_stylesheet(css) if is_right_to_left_language(self.language) else css
        return [
            own,
            styles.build_stylesheet(self.aspect, self.palette, self.texts.fallbacks, scrim=scrim, words_top=words_top),
        ]

    def _fit(self, filled: FilledSection, classes: str) -> list[MeasuredText]:
        return fit_texts(filled, lambda: self._measure(filled, classes), self.language)

    def _measure(self, filled: FilledSection, classes: str) -> dict[str, Any]:
        return self.engine.measure(self._write_markup(filled, classes), self._build_stylesheets(), self.size)

    def _split_plates(self, filled: FilledSection, classes: str, texts: Sequence[MeasuredText]) -> list[MeasuredText]:
        """Set each line of a text with `data-plates` as a plate of its own; return the new layout of all texts."""
        if not any(one.place.plates for one in texts):
            return [*texts]
        places: list[TextPlace] = []
        for text in texts:
            place = text.place
            if place.plates is None:
                places.append(place)
                continue
            style = {"font-size": f"{place.size}px"}
            nodes = [Node("div", {**place.node.attributes}, style={**style}) for _ in text.lines]
            place.plates.children = [*nodes]
            for node, line in zip(nodes, text.lines, strict=True):
                plate = replace(place, node=node, plates=None)
                plate.set_text(line.text)
                places.append(plate)
        filled.texts[:] = places
        return match_texts(self._measure(filled, classes), filled)

    def _place_pictures(self, filled: FilledSection, classes: str, texts: Sequence[MeasuredText]) -> None:
        """Crop each photo around its subject. Raises `SlideMisfit` if words cover over 8 % of a person or product.

        A screen keeps the position of its template.
        """
        lines = [text.find_line_box_in_slide(line) for text in texts for line in text.lines]
        for node, box in match_pictures(self._measure(filled, classes), filled):
            picture = node.picture
            if picture is None or picture.role in SCREEN_ROLES or box[2] <= box[0] or box[3] <= box[1]:
                continue
            crop = find_crop(picture.size, (box[2] - box[0], box[3] - box[1]), picture.focus, picture.subject)
            across, down = find_position_shares(crop)
            node.style["object-position"] = f"{across * 100:.2f}% {down * 100:.2f}%"
            if picture.subject and picture.role in ROLES_WITH_SUBJECT:
                covered = compute_covered_share(place_subject(crop, picture.subject, box), lines)
                if covered > MAX_COVERED_SUBJECT_SHARE:
                    raise SlideMisfit("headline", f"words cover {covered:.0%} of a {picture.role}")

    def _draw(self, markup: str, stylesheets: Sequence[str]) -> Pixels:
        return self.engine.draw(markup, stylesheets, self.size, self.language)[..., :3]

    def draw_layer(
        self, filled: FilledSection, classes: str, prepared: PreparedSlide, scrim: float, css: str
    ) -> Pixels:
        """Draw a part of a prepared slide with more styles: height x width x 4, transparent where nothing is drawn."""
        sheets = self._build_stylesheets(scrim, prepared.words_top_px / self.size[1])
        return self.engine.draw(self._write_markup(filled, classes), [*sheets, css], self.size, self.language)

    def place_pictures(self, prepared: PreparedSlide) -> list[tuple[Node, Box]]:
        """Return each picture of a prepared slide with its box in the slide."""
        return match_pictures(self._measure(prepared.section, prepared.classes), prepared.section)

    def raise_scrim(self, scrim: float, worst: LineContrast | None) -> float | None:
        """Return the next opacity of the shade for the worst line of a slide; None if it is legible.

        Raises `SlideMisfit` if no shade helps.
        """
        if worst is None or worst.contrast >= MIN_TEXT_CONTRAST_RATIO:
            return None
        if "--scrim" not in self.template.css or scrim >= 1:
            raise SlideMisfit(worst.text.place.slot, f"has a contrast of {worst.contrast:.1f}")
        lack = MIN_TEXT_CONTRAST_RATIO - worst.contrast
        return min(1.0, scrim + SCRIM_STEP * max(1, math.floor(lack / _CONTRAST_OF_A_STEP)))

    def draw_slide(self, prepared: PreparedSlide) -> DrawnSlide:
        """Draw a prepared slide; raise its shade until each line has a contrast of 4.5. Raises `SlideMisfit`."""
        scrim, marked = FIRST_SCRIM, None
        while True:
            markup = self._write_markup(prepared.section, prepared.classes)
            sheets = self._build_stylesheets(scrim, prepared.words_top_px / self.size[1])
            drawn, bare = self._draw(markup, sheets), self._draw(markup, [*sheets, styles.WITHOUT_TEXTS_CSS])
            if marked is None:
                marked = self._draw(markup, [*sheets, styles.MARKED_TEXTS_CSS])
            contrasts = [*measure_line_contrasts(SlideLayers(drawn, bare, marked), prepared.read_texts)]
            if hidden := next((one for one in contrasts if not one.is_whole), None):
                raise SlideMisfit(hidden.text.place.slot, "is cut off or covered")
            worst = min(contrasts, key=lambda one: one.contrast, default=None)
            raised = self.raise_scrim(scrim, worst)
            if raised is None:
                return DrawnSlide(Image.fromarray(drawn), [describe_line(one) for one in contrasts], scrim)
            scrim = raised


def read_look_texts(texts: Iterable[str], language: str) -> LookTexts:
    """Return the script of a piece's texts and their fallback fonts. Raises `UndrawableTextRefused`."""
    cleaned = [clean_drawn_text(text) for text in texts]
    script = find_script_of_text("".join(cleaned))
    fallbacks = {
        name: list_fallback_families(cleaned, language, script, serif=name == "serif") for name in ("sans", "serif")
    }
    return LookTexts(language, script, has_stacked_letters("".join(cleaned)), fallbacks)


def check_distances(texts: Sequence[MeasuredText], size: tuple[int, int]) -> None:
    """Raise `SlideMisfit` if two texts lie over each other, or a text is too small or outside of the slide.

    Signs of decoration may lie below a text.
    """
    boxes = [
        (text.place, text.find_line_box_in_slide(line))
        for text in texts
        for line in text.lines
        if text.place.slot not in DECORATIVE_SLOTS
    ]
    for text in texts:
        if text.drawn_size < MIN_FONT_SIZE_PX - 1:
            raise SlideMisfit(text.place.slot, "is drawn too small", is_optional=text.place.is_optional)
    for place, box in boxes:
        if box[0] < 0 or box[1] < 0 or box[2] > size[0] or box[3] > size[1]:
            raise SlideMisfit(place.slot, "lies outside of the slide", is_optional=place.is_optional)
    for (place, box), (other, below) in combinations(boxes, 2):
        if place is not other and _measure_overlap(box, below) > MAX_OVERLAP_EM * min(place.size, other.size):
            first = other if other.is_optional else place
            raise SlideMisfit(first.slot, "lies over another text", is_optional=first.is_optional)


def _measure_overlap(box: Box, other: Box) -> float:
    """Return the shorter side of the area that two boxes share, in pixels; 0 without one."""
    across, down = min(box[2], other[2]) - max(box[0], other[0]), min(box[3], other[3]) - max(box[1], other[1])
    return max(0.0, min(across, down))


def place_subject(crop: ShareBox, subject: ShareBox, box: Box) -> Box:
    """Return the box of a picture's subject in the slide, for a crop of the picture that fills its own box."""
    across, down = (box[2] - box[0]) / (crop[2] - crop[0]), (box[3] - box[1]) / (crop[3] - crop[1])
    return (
        box[0] + max(0.0, subject[0] - crop[0]) * across,
        box[1] + max(0.0, subject[1] - crop[1]) * down,
        min(box[2], box[0] + (subject[2] - crop[0]) * across),
        min(box[3], box[1] + (subject[3] - crop[1]) * down),
    )


def compute_covered_share(subject: Box, lines: Iterable[Box]) -> float:
    """Return the share of a subject's box that lines cover; lines of one slide don't overlap."""
    area = max(0.0, subject[2] - subject[0]) * max(0.0, subject[3] - subject[1])
    covered = sum(
        max(0.0, min(subject[2], line[2]) - max(subject[0], line[0]))
        * max(0.0, min(subject[3], line[3]) - max(subject[1], line[1]))
        for line in lines
    )
    return covered / area if area else 0.0


def describe_line(one: LineContrast) -> MeasuredDrawnTextLine:
    return MeasuredDrawnTextLine(
        name=one.text.place.slot,
        text=one.line.text,
        box=one.ink_box,
        size=one.text.place.size,
        contrast=round(one.contrast, 2),
        is_cut=False,
    )
