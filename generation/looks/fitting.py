"""Fitting: the largest font size of each text of a slide, found by measuring. It never cuts a text."""

from collections.abc import Callable, Sequence
from typing import Any

import regex

from generation.looks.boxes import MeasuredText, match_texts
from generation.looks.filling import FilledSection, TextPlace
from generation.text.breaking import hyphenate_long_words

#: Pixels by which a measurement may exceed a box: rounding.
_TOLERANCE_PX = 1.0
#: Share of its width by which a line may exceed an element that is as wide as its text: the engine measures such
#: an element up to 1.1 % narrower than its line of mixed scripts.
_HUG_TOLERANCE_SHARE = 0.02
#: Slots with long words that may be hyphenated.
HYPHENATED_SLOTS = frozenset({"headline", "body", "item"})

#: Slots with balanced lines.
BALANCED_SLOTS = frozenset({"headline", "body", "name"})
#: Letters between which the engine adds a blank line at an explicit line break.
_UNSPACED_STACKED_LETTER_PATTERN = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
#: Precision of a balanced width, in pixels.
_BALANCE_STEP_PX = 12

Measure = Callable[[], dict[str, Any]]


class SlideMisfit(Exception):
    """A text that a section can't show: it is too long at the smallest size, or it can't be read on its ground."""

    def __init__(self, slot: str, reason: str, *, is_optional: bool = False) -> None:
        super().__init__(f"{slot}: {reason}")
        self.slot, self.is_optional = slot, is_optional


def fit_texts(section: FilledSection, measure: Measure, language: str) -> list[MeasuredText]:
    """Give each text of a section its largest fitting font size; return their layout.

    All texts are searched at once: a measurement lays out the whole section. Raises `SlideMisfit`.
    """
    _search_sizes(section, section.texts, measure)
    if failed := [one for one in section.texts if not one.size]:
        _fit_hyphenated(section, failed, measure, language)
    _give_items_one_size(section.texts)
    _balance_lines(section, measure)
    return match_texts(measure(), section)


def _balance_lines(section: FilledSection, measure: Measure) -> None:
    """Break long texts so that their lines are about equally long, in as many lines as they take.

    The engine balances by itself, but its measurements don't show it.
    """
    layout = [one for one in match_texts(measure(), section) if len(one.lines) > 1 and _can_be_balanced(one.place)]
    counts = {id(one.place): len(one.lines) for one in layout}
    ranges = {id(one.place): (one.width / len(one.lines), one.width) for one in layout}
    styles = {id(one.place): dict(one.place.node.style) for one in layout}
    lines = {id(one.place): [line.text for line in one.lines] for one in layout}
    while any(high - low > _BALANCE_STEP_PX for low, high in ranges.values()):
        for text in layout:
            text.place.node.style |= {"width": f"{sum(ranges[id(text.place)]) / 2:.0f}px"}
        narrowed = {id(one.place): one for one in match_texts(measure(), section)}
        for text in layout:
            key, (low, high) = id(text.place), ranges[id(text.place)]
            middle, found = (low + high) / 2, narrowed.get(key)
            is_narrow = found is None or len(found.lines) > counts[key] or _overflows(found)
            ranges[key] = (middle, high) if is_narrow else (low, middle)
            if found and not is_narrow:
                lines[key] = [line.text for line in found.lines]
    for text in layout:
        text.place.node.style = styles[id(text.place)]
        text.place.set_text("\n".join(lines[id(text.place)]))


def _can_be_balanced(place: TextPlace) -> bool:
    return place.slot in BALANCED_SLOTS and not _UNSPACED_STACKED_LETTER_PATTERN.search(place.text)


def _overflows(measured: MeasuredText) -> bool:
    spare = _HUG_TOLERANCE_SHARE * measured.width if "data-hug" in measured.place.node.attributes else 0.0
    return any(line.box[2] > measured.width + spare + _TOLERANCE_PX for line in measured.lines)


def _fit_hyphenated(section: FilledSection, places: Sequence[TextPlace], measure: Measure, language: str) -> None:
    """Fit texts with too long words by hyphens at the ends of their lines. Raises `SlideMisfit`."""
    for place in places:
        softer = hyphenate_long_words(place.text, language) if place.slot in HYPHENATED_SLOTS else place.text
        if softer == place.text:
            raise SlideMisfit(place.slot, "doesn't fit at its smallest size", is_optional=place.is_optional)
        place.set_text(softer)
    _search_sizes(section, places, measure)
    for text in match_texts(measure(), section):
        if text.place in places and any(line.is_hyphenated for line in text.lines):
            text.place.set_text("\n".join(line.text + "-" * line.is_hyphenated for line in text.lines))
    _search_sizes(section, places, measure)
    for place in places:
        if not place.size:
            raise SlideMisfit(place.slot, "doesn't fit at its smallest size", is_optional=place.is_optional)


def _search_sizes(section: FilledSection, places: Sequence[TextPlace], measure: Measure) -> None:
    """Set each text's size by a binary search over whole pixels; to 0 if even the smallest doesn't fit."""
    ranges = {id(place): (place.least_size, place.most_size) for place in places}
    best = {id(place): 0 for place in places}
    while open_places := [one for one in places if ranges[id(one)][0] <= ranges[id(one)][1]]:
        for place in open_places:
            place.set_size(sum(ranges[id(place)]) // 2)
        layout = {id(one.place): one for one in match_texts(measure(), section)}
        for place in open_places:
            low, high = ranges[id(place)]
            measured = layout.get(id(place))
            if measured is not None and does_text_fit(measured):
                best[id(place)], low = place.size, place.size + 1
            else:
                high = place.size - 1
            ranges[id(place)] = low, high
    for place in places:
        place.set_size(best[id(place)])


def does_text_fit(measured: MeasuredText) -> bool:
    """Return whether a text fits its box: its height, its longest line and its number of lines."""
    place = measured.place
    middles = [(line.box[1] + line.box[3]) / 2 for line in measured.lines]
    return (
        measured.height <= place.height + _TOLERANCE_PX
        and middles[-1] - middles[0] + place.size <= place.height + _TOLERANCE_PX
        and measured.width <= place.width + _TOLERANCE_PX
        and len(measured.lines) <= max(place.most_lines, place.text.count("\n") + 1)
        and all(line.box[0] >= -_TOLERANCE_PX for line in measured.lines)
        and not _overflows(measured)
    )


def _give_items_one_size(places: Sequence[TextPlace]) -> None:
    for slot in ("item", "number"):
        group = [place for place in places if place.slot == slot]
        for place in group:
            place.set_size(min(one.size for one in group))
