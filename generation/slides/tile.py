"""Tile: a brand's logo as an app icon, visible on any ground; without a logo, its initial."""

from PIL import Image

from generation import paint
from generation.color import RGB, contrast_ratio, relative_luminance
from generation.paint import PixelSize
from generation.slides.kit import TITLE_FONT_STYLE, SlideKit
from generation.text.cleaning import clean_drawn_text
from generation.text.fitting import TextBox
from generation.text.raster import render_text_line_ink
from generation.text.scripts import split_graphemes
from generation.theme import BackgroundColors

#: Share of a tile that a logo with a transparent ground fills.
_CENTERED_LOGO_SHARE_OF_TILE_SIDE = 0.66
#: Aspect ratios of logos that fill the whole tile.
_SQUARE_LOGO_RATIO_RANGE = (0.8, 1.25)
#: A tile with less contrast at its edge gets a rim.
_MIN_TILE_EDGE_CONTRAST = 1.35
#: The rim's width is the tile's side divided by this.
_TILE_RIM_DIVISOR = 42


def draw_brand_tile(kit: SlideKit, ground: BackgroundColors, side: int) -> Image.Image:
    """Return the logo as an app icon without a rim; without a logo, the first letter, in colors for `ground`."""
    if kit.logo is None:
        return _draw_first_letter_tile(kit, kit.theme.light if ground is kit.theme.vivid else kit.theme.vivid, side)
    if _does_logo_fill_tile(kit.logo):
        return _fill_tile_with_logo(kit.logo, side)
    return _center_logo_on_tile(kit, kit.logo, side)


def _does_logo_fill_tile(logo: Image.Image) -> bool:
    """Return whether a logo was drawn as an app icon: about square, and opaque at its edges and near two corners."""
    if not _SQUARE_LOGO_RATIO_RANGE[0] < logo.width / logo.height < _SQUARE_LOGO_RATIO_RANGE[1]:
        return False
    small = logo.convert("RGBA").resize((24, 24), Image.Resampling.BOX)
    return all(_pixel_rgba(small, at)[3] > 200 for at in ((12, 1), (12, 22), (1, 12), (22, 12), (4, 4), (19, 19)))


def _pixel_rgba(image: Image.Image, at: PixelSize) -> tuple[int, ...]:
    pixel = image.getpixel(at)
    return pixel if isinstance(pixel, tuple) else (0, 0, 0, 0)


def _fill_tile_with_logo(logo: Image.Image, side: int) -> Image.Image:
    """Return the logo, cropped to the outline of an icon; its transparent parts stay transparent."""
    drawn = logo.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    empty = Image.new("RGBA", (side, side))
    return Image.composite(drawn, empty, paint.squircle_mask(side))


def _center_logo_on_tile(kit: SlideKit, logo: Image.Image, side: int) -> Image.Image:
    ground = kit.theme.light if _is_dark_logo(logo) else kit.theme.dark
    icon = _draw_colored_squircle(ground.tints[0] if not _is_dark_logo(logo) else (255, 255, 255), side)
    scale = side * _CENTERED_LOGO_SHARE_OF_TILE_SIDE / max(logo.size)
    size = (max(1, round(logo.width * scale)), max(1, round(logo.height * scale)))
    drawn = logo.convert("RGBA").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    icon.alpha_composite(drawn, ((side - size[0]) // 2, (side - size[1]) // 2))
    return icon


def _is_dark_logo(logo: Image.Image) -> bool:
    """Return whether the opaque part of a logo is dark on average; true for a transparent logo."""
    small = logo.convert("RGBA").resize((16, 16), Image.Resampling.BOX)
    pixels = [_pixel_rgba(small, (x, y)) for x in range(16) for y in range(16)]
    lights = [relative_luminance((r, g, b)) for r, g, b, opacity in pixels if opacity > 128]
    return sum(lights) <= 0.55 * len(lights)


def _draw_first_letter_tile(kit: SlideKit, ground: BackgroundColors, side: int) -> Image.Image:
    icon = _draw_colored_squircle(ground.tints[0], side)
    block = kit.fit_text(
        _first_letter_of_name(kit.name), TextBox(side * 0.7, side * 0.7, 1), TITLE_FONT_STYLE, (8, round(side * 0.62))
    )
    if drawn := render_text_line_ink(block.lines[0], block.size):
        place = ((side - drawn.mask.width) // 2, (side - drawn.mask.height) // 2)
        icon.paste(ground.accent, place, drawn.mask)
    return icon


def _first_letter_of_name(name: str) -> str:
    return next((one.upper() for one in split_graphemes(clean_drawn_text(name)) if one[0].isalnum()), "•")


def _draw_colored_squircle(color: RGB, side: int) -> Image.Image:
    icon = Image.new("RGBA", (side, side))
    icon.paste(color, (0, 0), paint.squircle_mask(side))
    return icon


def add_icon_rim_if_needed(icon: Image.Image, under: RGB, rim: RGB) -> tuple[Image.Image, int]:
    """Return the brand's tile, rimmed only if too similar to the color below, and the rim's width, 0 for no rim."""
    if _tile_edge_contrast(icon, under) >= _MIN_TILE_EDGE_CONTRAST:
        return icon, 0
    width = max(3, icon.width // _TILE_RIM_DIVISOR)
    whole = _draw_colored_squircle(rim, icon.width + 2 * width)
    whole.alpha_composite(icon, (width, width))
    return whole, width


def _tile_edge_contrast(icon: Image.Image, under: RGB) -> float:
    middle, end = icon.width // 2, icon.width - 5
    edges = [_pixel_rgba(icon, at) for at in ((middle, 4), (4, middle), (middle, end), (end, middle))]
    return min(contrast_ratio((r, g, b), under) for r, g, b, _ in edges)
