"""Sticker: words on a plate, legible on any clip."""

from typing import NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from generation import paint
from generation.color import RGB
from generation.paint import PixelSize
from generation.slides.kit import SlideKit
from generation.text.fitting import TypesetBlock
from generation.video.easing import ease_in_out, ease_out_back

#: Horizontal padding of the words, in em.
_STICKER_PADDING_X_EM = 0.46
#: Vertical padding of the words, in em.
_STICKER_PADDING_Y_EM = 0.34
#: Corner radius of a plate, in em.
_STICKER_CORNER_RADIUS_EM = 0.42
_STICKER_ENTRANCE_FRAMES = 7
_STICKER_EXIT_FRAMES = 4
_STICKER_INITIAL_SCALE = 0.8
_STICKER_SHADOW_BLUR_PX = 26
_STICKER_SHADOW_OFFSET_PX = 10
_STICKER_SHADOW_ALPHA = 90


class StickerStyle(NamedTuple):
    """Style of a sticker: the name of its text, and the colors of its plate and words."""

    name: str
    plate: RGB
    text: RGB


class TextSticker:
    """Lines of words on one plate, for some frames; `marks` are the lines in the whole picture."""

    def __init__(self, kit: SlideKit, block: TypesetBlock, look: StickerStyle, y: float, shown: range) -> None:
        mask, inset = _sticker_plate_mask(block)
        canvas = kit.create_canvas_on_image(Image.new("RGB", mask.size, look.plate))
        canvas.draw_text_block(look.name, block, inset, mask.width - 2 * inset[0], color=look.text, align="middle")
        self._picture = canvas.image
        self._picture.putalpha(mask)
        self._place = (kit.frame.width - mask.width) // 2, round(y)
        self._cast = paint.blurred_shadow_mask(mask, blur=_STICKER_SHADOW_BLUR_PX, alpha=_STICKER_SHADOW_ALPHA)
        self.shown, self.plate = shown, look.plate
        self.marks = [mark.with_box_moved(*self._place) for mark in canvas.marks]

    @property
    def box(self) -> tuple[int, int, int, int]:
        (left, top), (width, height) = self._place, self._picture.size
        return left, top, left + width, top + height

    def draw(self, image: Image.Image, frame: int) -> None:
        """Draw the sticker onto the frame with this number, if it is visible there."""
        if frame not in self.shown:
            return
        entrance = (frame - self.shown.start + 1) / _STICKER_ENTRANCE_FRAMES
        exit_share = (self.shown.stop - frame) / _STICKER_EXIT_FRAMES
        opacity = ease_in_out(min(1.0, exit_share)) * ease_in_out(min(1.0, entrance * 2))
        shadow, edge = self._cast
        if entrance >= 1:
            at = (self._place[0] - edge, self._place[1] - edge + _STICKER_SHADOW_OFFSET_PX)
            image.paste((0, 0, 0), at, _multiply_mask_by_opacity(shadow, opacity))
        picture = (
            self._scaled_picture(_STICKER_INITIAL_SCALE + (1 - _STICKER_INITIAL_SCALE) * ease_out_back(entrance))
            if entrance < 1
            else self._picture
        )
        mask = _multiply_mask_by_opacity(picture.getchannel("A"), opacity)
        across, down = (
            round(at + (whole - part) / 2)
            for at, whole, part in zip(self._place, self._picture.size, picture.size, strict=True)
        )
        image.paste(picture, (across, down), mask)

    def _scaled_picture(self, scale: float) -> Image.Image:
        width, height = (max(2, round(side * scale)) for side in self._picture.size)
        return self._picture.resize((width, height), Image.Resampling.BILINEAR)


def sticker_padding_x_px(size: int) -> int:
    """Return a sticker's horizontal padding in pixels for a font size."""
    return round(_STICKER_PADDING_X_EM * size)


def sticker_plate_height(block: TypesetBlock) -> float:
    """Return the height in pixels of a sticker's plate around a text block."""
    return block.height + 2 * _STICKER_PADDING_Y_EM * block.size


def _sticker_plate_mask(block: TypesetBlock) -> tuple[Image.Image, PixelSize]:
    """Return the mask of a sticker's plate, one rounded outline around all lines, and its padding."""
    aside, above = sticker_padding_x_px(block.size), round(_STICKER_PADDING_Y_EM * block.size)
    widths = _merge_small_plate_width_steps([line.width * block.size for line in block.lines], block.size)
    size = round(max(widths)) + 2 * aside, round(block.height) + 2 * above
    edge = round(_STICKER_CORNER_RADIUS_EM * block.size)
    mask = Image.new("L", (size[0] + 2 * edge, size[1] + 2 * edge))
    draw = ImageDraw.Draw(mask)
    tops = [0.0, *(_middle_y_between_text_lines(block, line) + above for line in range(1, len(widths))), float(size[1])]
    for width, top, bottom in zip(widths, tops, tops[1:], strict=False):
        left = edge + (size[0] - width) / 2 - aside
        draw.rectangle((left, edge + top, left + width + 2 * aside - 1, edge + bottom - 1), fill=255)
    return _round_mask_corners(mask, edge).crop((edge, edge, edge + size[0], edge + size[1])), (aside, above)


def _middle_y_between_text_lines(block: TypesetBlock, line: int) -> float:
    """Return the y in the middle of the gap between a line and the one before it."""
    base = block.ascent_px + line * block.size * block.leading
    return base - block.size * (0.27 + block.leading / 2) + block.size * 0.5 * (block.leading - 0.93)


def _merge_small_plate_width_steps(widths: list[float], size: int) -> list[float]:
    """Return line widths in which neighbors are equal if their step would be smaller than a corner."""
    for at in range(1, len(widths)):
        if abs(widths[at] - widths[at - 1]) < 1.1 * size:
            widths[at] = widths[at - 1] = max(widths[at - 1 : at + 1])
    return widths


def _round_mask_corners(mask: Image.Image, radius: int) -> Image.Image:
    """Return a mask with round corners: blurred, then sharpened at the middle, so that straight edges stay in place."""
    soft = radius * 0.55
    steep = soft * 2.5
    return mask.filter(ImageFilter.GaussianBlur(soft)).point(
        [round(min(255, max(0, (value - 127.5) * steep + 127.5))) for value in range(256)]
    )


def _multiply_mask_by_opacity(mask: Image.Image, opacity: float) -> Image.Image:
    return mask if opacity >= 1 else ImageChops.multiply(mask, Image.new("L", mask.size, round(255 * opacity)))
