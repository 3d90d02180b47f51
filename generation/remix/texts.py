"""Texts of a remix as stickers: its hook, and captions of the speech, placed off the clip if possible."""

from collections.abc import Sequence

from generation.copy.captions import TextCue
from generation.remix.cut import OUTPUT_VIDEO_FPS, ClipPart
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


def build_hook_sticker(kit: SlideKit, text: str, part: ClipPart, covered: range) -> TextSticker:
    """Return the sticker of a remix's hook, above the clip or at a full-frame clip's top, for the time to read it."""
    block = _fit_sticker_text(
        kit, text, _HOOK_STICKER_FONT_SIZES_PX, _MAX_HOOK_STICKER_HEIGHT_PX, _MAX_HOOK_STICKER_LINES
    )
    above = covered.start - _GAP_FROM_CLIP_TO_STICKER_PX - sticker_plate_height(block)
    y = above if above >= kit.frame.top else kit.frame.top + _HOOK_STICKER_BELOW_TOP_PX
    lasts = min(part.frames, round(max(MIN_HOOK_STICKER_SECONDS, reading_seconds(text)) * OUTPUT_VIDEO_FPS))
    ground = kit.theme.vivid
    return TextSticker(kit, block, StickerStyle("hook", ground.tints[0], ground.text), y, range(lasts))


def lay_remix_captions(kit: SlideKit, captions: Sequence[TextCue], part: ClipPart, covered: range) -> list[TextSticker]:
    """Return stickers for the captions in a clip's part, all in the smallest font size that any of them needs.

    They stand below the clip, or above the area that platforms overlay.
    """
    shown = [one for one in captions if _visible_caption_frames(one, part)]
    blocks = [_fit_caption_text(kit, one.text, _CAPTION_STICKER_FONT_SIZES_PX) for one in shown]
    size = min((block.size for block in blocks), default=_CAPTION_STICKER_FONT_SIZES_PX[1])
    return [
        _caption_to_sticker(kit, _fit_caption_text(kit, one.text, (min(size, 34), size)), one, part, covered)
        for one in shown
    ]


def _caption_to_sticker(
    kit: SlideKit, block: TypesetBlock, caption: TextCue, part: ClipPart, covered: range
) -> TextSticker:
    high = sticker_plate_height(block)
    below = covered.stop + _GAP_FROM_CLIP_TO_STICKER_PX
    y = below if below + high <= MAX_CAPTION_STICKER_BOTTOM_Y_PX else MAX_CAPTION_STICKER_BOTTOM_Y_PX - high
    return TextSticker(
        kit,
        block,
        StickerStyle("caption", _CAPTION_STICKER_PLATE_COLOR, _CAPTION_STICKER_TEXT_COLOR),
        y,
        _visible_caption_frames(caption, part),
    )


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
