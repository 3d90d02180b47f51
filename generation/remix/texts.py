"""Texts of a remix as stickers: its hook, and captions of the speech, placed off the clip if possible."""

from collections.abc import Sequence

from generation.copy.captions import Caption
from generation.remix.cut import FPS, Cut
from generation.remix.sticker import Sticker, StickerStyle, height, padding
from generation.slides.kit import LABEL, TITLE, Kit
from generation.text.fitting import Block, TextBox
from generation.timing import reading_seconds

#: Minimum seconds of the hook; its font sizes, its maximum height and lines.
HOOK_SECONDS = 3.2
_HOOK_SIZES, _HOOK_HIGH, _HOOK_LINES = (44, 80), 460, 4
#: Lowest y of captions: platforms overlay the area below.
LOWEST_Y = 1_400
_CAPTION_SIZES, _CAPTION_HIGH, _CAPTION_LINES = (34, 60), 170, 2
_LEADING = 1.2
#: Gap between the clip and a text outside of it, in pixels.
_CLIP_GAP = 44
#: Offset of the hook from the top of the safe zone on a full-frame clip, in pixels.
_TOP_OFFSET = 30
_INK, _PAPER = (20, 20, 24), (255, 255, 255)


def hook_sticker(kit: Kit, text: str, part: Cut, covered: range) -> Sticker:
    """Place the hook above the clip, or at the top of a full-frame clip, for as long as it takes to read."""
    block = _fitted(kit, text, _HOOK_SIZES, _HOOK_HIGH, _HOOK_LINES)
    above = covered.start - _CLIP_GAP - height(block)
    y = above if above >= kit.frame.top else kit.frame.top + _TOP_OFFSET
    lasts = min(part.frames, round(max(HOOK_SECONDS, reading_seconds(text)) * FPS))
    ground = kit.theme.vivid
    return Sticker(kit, block, StickerStyle("hook", ground.tints[0], ground.text), y, range(lasts))


def caption_stickers(kit: Kit, captions: Sequence[Caption], part: Cut, covered: range) -> list[Sticker]:
    """Fit all captions to one font size, on one line of the frame."""
    shown = [one for one in captions if _visible_frames(one, part)]
    blocks = [_caption(kit, one.text, _CAPTION_SIZES) for one in shown]
    size = min((block.size for block in blocks), default=_CAPTION_SIZES[1])
    return [
        _caption_sticker(kit, _caption(kit, one.text, (min(size, 34), size)), one, part, covered)
        for one in shown
    ]


def _caption_sticker(kit: Kit, block: Block, caption: Caption, part: Cut, covered: range) -> Sticker:
    high = height(block)
    below = covered.stop + _CLIP_GAP
    y = below if below + high <= LOWEST_Y else LOWEST_Y - high
    return Sticker(kit, block, StickerStyle("caption", _PAPER, _INK), y, _visible_frames(caption, part))


def _visible_frames(caption: Caption, part: Cut) -> range:
    """Return the frames of the part that show a caption."""
    start, end = (round(at * FPS / 1_000) - part.first for at in (caption.start, caption.end))
    return range(max(0, start), min(part.frames, end))


def _caption(kit: Kit, text: str, sizes: tuple[int, int]) -> Block:
    return _fitted(kit, text, sizes, _CAPTION_HIGH, _CAPTION_LINES)


def _fitted(kit: Kit, text: str, sizes: tuple[int, int], high: int, lines: int) -> Block:
    room = TextBox(kit.middle - 2 * padding(sizes[1]), high, lines)
    kind = TITLE if lines > _CAPTION_LINES else LABEL
    return kit.fit(text, room, kind, sizes, _LEADING)
