"""Words of a scene: each line, chip and row as a picture of its own that comes into its place."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation.canvas import PixelBox
from generation.looks.boxes import MeasuredText
from generation.looks.engine import Pixels
from generation.video.easing import ease_out

#: Slots of words that come one after the other; all others are there from the first frame.
ENTERING_SLOTS = frozenset({"headline", "body", "chip", "call", "item", "number"})
#: Slots with a line a step.
LINED_SLOTS = frozenset({"headline", "body"})
#: Most pixels by which a text's ground may reach beyond its lines.
_MAX_GROUND_REACH_PX = 120
_GROUND_REACH_STEP_PX = 4
#: Share of a movement after which a word is opaque.
_OPAQUE_SHARE = 0.5

Alpha = npt.NDArray[np.uint8]


class WordSprite(NamedTuple):
    """A picture with transparency and its place; `step` is its turn, -1 if it is there from the first frame.

    `letters` is the length of its text, for the time to speak it.
    """

    picture: Image.Image
    mask: Image.Image
    place: tuple[int, int]
    step: int
    letters: int

    def draw(self, image: Image.Image, share: float, rise_px: int, opacity: float = 1.0) -> None:
        """Draw the words at a share of their movement: they rise by `rise_px` pixels and become opaque."""
        shown = opacity * min(1.0, max(0.0, share) / _OPAQUE_SHARE)
        if shown <= 0:
            return
        mask = self.mask if shown == 1 else self.mask.point([round(value * shown) for value in range(256)])
        image.paste(self.picture, (self.place[0], self.place[1] + round(rise_px * (1 - ease_out(share)))), mask)


class _WordGroup(NamedTuple):
    """Texts with one ground, their bounding box, and the middles of their lines if they come line by line."""

    box: PixelBox
    slot: str
    middles: tuple[float, ...]
    letters: tuple[int, ...]


def cut_word_sprites(words: Pixels, texts: Sequence[MeasuredText]) -> list[WordSprite]:
    """Return the pictures of a layer of words, in the order of their steps. No pixel is lost, and none is in two."""
    left = words.copy()
    groups = _group_texts(texts)
    parts: dict[int, list[tuple[PixelBox, Pixels]]] = {}
    for number in sorted(range(len(groups)), key=lambda number: groups[number].slot in LINED_SLOTS):
        box = _reach_ground(left[..., 3], groups[number].box)
        parts[number] = [(band, _take(left, band)) for band in _split_rows(left[..., 3], box, groups[number].middles)]
    sprites, step = [], 0
    for number, group in enumerate(groups):
        for (box, pixels), letters in zip(parts[number], group.letters, strict=True):
            enters = group.slot in ENTERING_SLOTS
            sprites += _make_sprite(pixels, box, step if enters else -1, letters)
            step += enters
    whole = (0, 0, left.shape[1], left.shape[0])
    return [*_make_sprite(left, whole, -1, 0), *sprites]


def _group_texts(texts: Sequence[MeasuredText]) -> list[_WordGroup]:
    """Return the groups of texts: the headline, then the others from top to bottom.

    A headline's plates are one group, and so are a row's number and item.
    """
    found: list[list[MeasuredText]] = []
    for text in texts:
        before = found[-1] if found else []
        is_next_plate = before and text.place.slot in LINED_SLOTS and before[-1].place.slot == text.place.slot
        is_of_row = before and before[-1].place.slot == "number" and text.place.slot == "item"
        if is_next_plate or is_of_row:
            before.append(text)
        else:
            found.append([text])
    groups = [_describe_group(group) for group in found]
    return sorted(groups, key=lambda group: (group.slot not in LINED_SLOTS, group.box[1]))


def _describe_group(texts: Sequence[MeasuredText]) -> _WordGroup:
    lines = [(text.find_line_box_in_slide(line), len(line.text)) for text in texts for line in text.lines]
    boxes = [box for box, _ in lines]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    slot = texts[-1].place.slot
    is_lined = slot in LINED_SLOTS
    return _WordGroup(
        (int(min(lefts)), int(min(tops)), int(max(rights)) + 1, int(max(bottoms)) + 1),
        slot,
        tuple((box[1] + box[3]) / 2 for box in boxes) if is_lined else (),
        tuple(letters for _, letters in lines) if is_lined else (sum(letters for _, letters in lines),),
    )


def _reach_ground(alpha: Alpha, box: PixelBox) -> PixelBox:
    """Return a box enlarged until nothing is drawn on its edges."""
    height, width = alpha.shape
    left, top, right, bottom = max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])
    for _ in range(0, _MAX_GROUND_REACH_PX, _GROUND_REACH_STEP_PX):
        wider = (
            max(0, left - _GROUND_REACH_STEP_PX * bool(alpha[top:bottom, left : left + 1].any())),
            max(0, top - _GROUND_REACH_STEP_PX * bool(alpha[top : top + 1, left:right].any())),
            min(width, right + _GROUND_REACH_STEP_PX * bool(alpha[top:bottom, right - 1 : right].any())),
            min(height, bottom + _GROUND_REACH_STEP_PX * bool(alpha[bottom - 1 : bottom, left:right].any())),
        )
        if wider == (left, top, right, bottom):
            break
        left, top, right, bottom = wider
    return left, top, right, bottom


def _split_rows(alpha: Alpha, box: PixelBox, middles: Sequence[float]) -> Iterator[PixelBox]:
    """Yield a box cut between lines, each time at the row with the least ink; the whole box without lines."""
    left, top, right, bottom = box
    ink = alpha[top:bottom, left:right].sum(axis=1, dtype=np.int64)
    start = top
    for above, below in pairwise(middles):
        first = max(start, int(above)) - top
        between = ink[first : max(first + 1, int(below) - top)]
        cut = top + first + int(between.argmin()) if len(between) else start
        yield left, start, right, max(start, cut)
        start = max(start, cut)
    yield left, start, right, bottom


def _take(pixels: Pixels, box: PixelBox) -> Pixels:
    left, top, right, bottom = box
    taken = pixels[top:bottom, left:right].copy()
    pixels[top:bottom, left:right] = 0
    return taken


def _make_sprite(pixels: Pixels, box: PixelBox, step: int, letters: int) -> list[WordSprite]:
    """Return a picture of drawn pixels, cropped to them; nothing if there are none."""
    if not pixels.size:
        return []
    mask = Image.fromarray(np.ascontiguousarray(pixels[..., 3]))
    inner = mask.getbbox()
    if inner is None:
        return []
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., :3])).crop(inner)
    return [WordSprite(picture, mask.crop(inner), (box[0] + inner[0], box[1] + inner[1]), step, letters)]
