"""Texts of a remix as stickers: its hook, and captions of the speech, off the clip, or off its subject."""

from collections.abc import Sequence

import numpy as np

from generation.copy.captions import TextCue
from generation.remix.attention import ATTENTION_SAMPLE_INTERVAL_FRAMES
from generation.remix.cut import OUTPUT_VIDEO_FPS, ClipPart
from generation.remix.framing import REMIX_FRAME_HEIGHT_PX, ClipFraming
from generation.remix.sticker import StickerStyle, TextSticker, sticker_padding_x_px, sticker_plate_height
from generation.slides.kit import LABEL_FONT_STYLE, TITLE_FONT_STYLE, SlideKit
from generation.text.fitting import TextBox, TypesetBlock
from generation.timing import reading_seconds

#: Minimum seconds of the hook; its font sizes, its maximum height and lines.
MIN_HOOK_STICKER_SECONDS = 3.2
_HOOK_STICKER_FONT_SIZES_PX, _MAX_HOOK_STICKER_HEIGHT_PX, _MAX_HOOK_STICKER_LINES = (44, 80), 460, 4
#: Lowest y of captions: platforms overlay the area below.
MAX_CAPTION_STICKER_BOTTOM_Y_PX = 1_400
_CAPTION_STICKER_FONT_SIZES_PX, _MAX_CAPTION_STICKER_HEIGHT_PX, _MAX_CAPTION_STICKER_LINES = (34, 60), 170, 2
_STICKER_LINE_HEIGHT_EM = 1.2
#: Gap between the clip and a text outside of it, in pixels.
_GAP_FROM_CLIP_TO_STICKER_PX = 44
#: Offset of the hook from the top of the safe zone on a full-frame clip, in pixels.
_HOOK_STICKER_BELOW_TOP_PX = 30
_CAPTION_STICKER_TEXT_COLOR, _CAPTION_STICKER_PLATE_COLOR = (20, 20, 24), (255, 255, 255)


#: Step between two possible places of a sticker on a clip.
_STICKER_PLACE_STEP_PX = 10
#: Share of attention that a place may cover more than another if it is a whole frame nearer to its usual place.
_ATTENTION_SHARE_FOR_USUAL_PLACE = 0.25


def build_hook_sticker(kit: SlideKit, text: str, part: ClipPart, how: ClipFraming) -> TextSticker:
    """Return the sticker of a remix's hook, above the clip or off a full-frame clip's subject, for the reading time.

    Its usual place on a full-frame clip is the top.
    """
    block = _fit_sticker_text(
        kit, text, _HOOK_STICKER_FONT_SIZES_PX, _MAX_HOOK_STICKER_HEIGHT_PX, _MAX_HOOK_STICKER_LINES
    )
    high = sticker_plate_height(block)
    lasts = min(part.frames, round(max(MIN_HOOK_STICKER_SECONDS, reading_seconds(text)) * OUTPUT_VIDEO_FPS))
    y = how.covered.start - _GAP_FROM_CLIP_TO_STICKER_PX - high
    if y < kit.frame.top:
        first = kit.frame.top + _HOOK_STICKER_BELOW_TOP_PX
        last = max(first, round(kit.frame.bottom - high))
        places = range(first, last + 1, _STICKER_PLACE_STEP_PX)
        y = _find_quiet_place(how, range(lasts), places, high, usual=first)
    ground = kit.theme.vivid
    return TextSticker(kit, block, StickerStyle("hook", ground.tints[0], ground.text), y, range(lasts))


def lay_remix_captions(
    kit: SlideKit, captions: Sequence[TextCue], part: ClipPart, how: ClipFraming, hook: TextSticker
) -> list[TextSticker]:
    """Return stickers for the captions in a clip's part, all in one place and the smallest font size of any.

    They stand below the clip, else off the hook and the subject of a full-frame clip; their usual place is above the
    area that platforms overlay.
    """
    shown = [one for one in captions if _visible_caption_frames(one, part)]
    blocks = [_fit_caption_text(kit, one.text, _CAPTION_STICKER_FONT_SIZES_PX) for one in shown]
    size = min((block.size for block in blocks), default=_CAPTION_STICKER_FONT_SIZES_PX[1])
    blocks = [_fit_caption_text(kit, one.text, (min(size, 34), size)) for one in shown]
    high = max((sticker_plate_height(block) for block in blocks), default=0.0)
    bottom = _find_bottom_of_captions(kit, high, part, how, hook)
    style = StickerStyle("caption", _CAPTION_STICKER_PLATE_COLOR, _CAPTION_STICKER_TEXT_COLOR)
    return [
        TextSticker(kit, block, style, bottom - sticker_plate_height(block), _visible_caption_frames(one, part))
        for one, block in zip(shown, blocks, strict=True)
    ]


def _find_bottom_of_captions(kit: SlideKit, high: float, part: ClipPart, how: ClipFraming, hook: TextSticker) -> float:
    below = how.covered.stop + _GAP_FROM_CLIP_TO_STICKER_PX + high
    if below <= MAX_CAPTION_STICKER_BOTTOM_Y_PX:
        return below
    usual = round(MAX_CAPTION_STICKER_BOTTOM_Y_PX - high)
    if not how.row_attention:
        return MAX_CAPTION_STICKER_BOTTOM_Y_PX
    _, hook_top, _, hook_bottom = hook.box
    places = [
        y
        for y in range(usual, kit.frame.top, -_STICKER_PLACE_STEP_PX)
        if y >= hook_bottom + _GAP_FROM_CLIP_TO_STICKER_PX or y + high <= hook_top - _GAP_FROM_CLIP_TO_STICKER_PX
    ]
    return _find_quiet_place(how, range(part.frames), places, high, usual=usual) + high


def _find_quiet_place(how: ClipFraming, shown: range, places: Sequence[int], high: float, *, usual: int) -> int:
    """Return the y, of the possible ones, at which a plate covers least attention while it is shown.

    A place nearer to the usual one wins over a slightly quieter one. A clip without attention has the usual place.
    """
    interval = ATTENTION_SAMPLE_INTERVAL_FRAMES
    samples = how.row_attention[shown.start // interval : shown.stop // interval + 1]
    if not samples:
        return usual
    bands = np.mean(samples, axis=0)
    band_px = REMIX_FRAME_HEIGHT_PX / len(bands)
    reached = np.concatenate([[0.0], np.cumsum(bands)])
    edges = np.arange(len(bands) + 1) * band_px

    def cost(y: int) -> float:
        covered = np.interp(y + high, edges, reached) - np.interp(y, edges, reached)
        return float(covered) + _ATTENTION_SHARE_FOR_USUAL_PLACE * abs(y - usual) / REMIX_FRAME_HEIGHT_PX

    return min(places, key=cost, default=usual)


def _visible_caption_frames(caption: TextCue, part: ClipPart) -> range:
    """Return the range of a clip part's frames that show a caption; an empty range if none does."""
    start, end = (round(at * OUTPUT_VIDEO_FPS / 1_000) - part.first for at in (caption.start, caption.end))
    return range(max(0, start), min(part.frames, end))


def _fit_caption_text(kit: SlideKit, text: str, sizes: tuple[int, int]) -> TypesetBlock:
    return _fit_sticker_text(kit, text, sizes, _MAX_CAPTION_STICKER_HEIGHT_PX, _MAX_CAPTION_STICKER_LINES)


def _fit_sticker_text(kit: SlideKit, text: str, sizes: tuple[int, int], high: int, lines: int) -> TypesetBlock:
    room = TextBox(kit.centered_column_width - 2 * sticker_padding_x_px(sizes[1]), high, lines)
    kind = TITLE_FONT_STYLE if lines > _MAX_CAPTION_STICKER_LINES else LABEL_FONT_STYLE
    return kit.fit_text(text, room, kind, sizes, _STICKER_LINE_HEIGHT_EM)
