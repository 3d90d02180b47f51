"""Sample pictures of a sandbox app, drawn on demand: the same number gives the same picture."""

import io
import math
from collections.abc import Iterator
from random import Random

from PIL import Image, ImageDraw, ImageOps

#: The colors of the sandbox's brand: `workers/ingest/sandbox_web.py`.
SAMPLE_PRIMARY_COLOR, SAMPLE_ACCENT_COLOR, SAMPLE_BACKGROUND_COLOR, SAMPLE_TEXT_COLOR = (
    "#1f6f5c",
    "#f2a541",
    "#fbfaf7",
    "#22302c",
)
SAMPLE_PALE_COLOR, SAMPLE_WHITE_COLOR, SAMPLE_SHADOW_COLOR = "#dfe9e4", "#ffffff", "#e6e2d8"

SAMPLE_LOGO_SIZE_PX, SAMPLE_SCREEN_SIZE_PX, SAMPLE_END_CARD_SIZE_PX, SAMPLE_FILM_FRAME_SIZE_PX = (
    (512, 512),
    (1080, 1920),
    (1080, 1350),
    (360, 640),
)

SAMPLE_PHOTO_SIZE_PX, SAMPLE_LEAVES_SIZE_PX = (1440, 1080), (288, 216)
SAMPLE_HILL_COUNT = 4


def draw_sandbox_app_logo() -> Image.Image:
    """Draw the sample app's logo, a sheet with three lines on a tile with round corners; return the image."""
    image = Image.new("RGBA", SAMPLE_LOGO_SIZE_PX, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((16, 16, 496, 496), 112, fill=SAMPLE_PRIMARY_COLOR)
    draw.rounded_rectangle((136, 112, 376, 400), 28, fill=SAMPLE_BACKGROUND_COLOR)
    for number, end in enumerate((328, 296, 312)):
        top = 180 + 64 * number
        draw.rounded_rectangle(
            (184, top, end, top + 20), 10, fill=SAMPLE_PRIMARY_COLOR if number else SAMPLE_ACCENT_COLOR
        )
    return image


def draw_sandbox_app_phone_screen(number: int) -> Image.Image:
    """Draw a phone screen of the sample app: a title, a card with a chart, and a list. Return the image.

    `number` chooses the screen: colors, sizes and the number of done items differ.
    """
    image = Image.new("RGB", SAMPLE_SCREEN_SIZE_PX, SAMPLE_BACKGROUND_COLOR)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SAMPLE_SCREEN_SIZE_PX[0], 120), fill=SAMPLE_PRIMARY_COLOR)
    _draw_fake_text_bar(draw, (72, 190, 420 + 90 * (number % 4), 56), SAMPLE_TEXT_COLOR)
    _draw_fake_text_bar(draw, (72, 276, 300, 32), "#8a948f")
    draw.rounded_rectangle(
        (72, 370, 1008, 790), 48, fill=SAMPLE_PRIMARY_COLOR if number % 2 == 0 else SAMPLE_ACCENT_COLOR
    )
    _draw_fake_chart(draw, number)
    for row in range(5):
        _draw_fake_app_row(draw, 860 + 190 * row, done=row <= number % 5, width=360 + (number * 97 + row * 131) % 330)
    draw.ellipse((858, 1716, 1008, 1866), fill=SAMPLE_ACCENT_COLOR if number % 2 == 0 else SAMPLE_PRIMARY_COLOR)
    _draw_fake_text_bar(draw, (898, 1785, 70, 12), SAMPLE_WHITE_COLOR)
    draw.rounded_rectangle((927, 1756, 939, 1826), 6, fill=SAMPLE_WHITE_COLOR)
    return image


def draw_sandbox_app_end_card() -> Image.Image:
    """Draw the sample app's end card for a video: the logo, and a button below it. Return the image."""
    image = Image.new("RGB", SAMPLE_END_CARD_SIZE_PX, SAMPLE_BACKGROUND_COLOR)
    tile = draw_sandbox_app_logo()
    image.paste(tile, ((SAMPLE_END_CARD_SIZE_PX[0] - tile.width) // 2, 260), tile)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((250, 930, 830, 1070), 70, fill=SAMPLE_PRIMARY_COLOR)
    _draw_fake_text_bar(draw, (360, 982, 360, 36), SAMPLE_BACKGROUND_COLOR)
    return image


def draw_sandbox_photo(number: int) -> Image.Image:
    """Draw a photo of the sample brand: hills in haze, with leaves. `number` chooses the hills."""
    width, height = SAMPLE_PHOTO_SIZE_PX
    image = Image.linear_gradient("L").resize(SAMPLE_PHOTO_SIZE_PX)
    image = ImageOps.colorize(image, "#9fc4d8", "#f6e3c5").convert("RGB")
    draw = ImageDraw.Draw(image)
    for hill in range(SAMPLE_HILL_COUNT):
        base, swing = height * (4 + hill) // 9, height // 12
        phase = number * 1.7 + hill * 2.3
        ridge = [(x, base + swing * math.sin(phase + x * (1.4 + 0.5 * hill) / 260)) for x in range(0, width + 8, 8)]
        shade = tuple(channel - 26 * hill for channel in (138, 168, 158))
        draw.polygon([(0, height), *ridge, (width, height)], fill=shade)
    leaves = Image.frombytes("L", SAMPLE_LEAVES_SIZE_PX, Random(number).randbytes(math.prod(SAMPLE_LEAVES_SIZE_PX)))  # noqa: S311
    return Image.blend(image, leaves.resize(image.size, Image.Resampling.BICUBIC).convert("RGB"), 0.14)


def encode_jpeg(image: Image.Image) -> bytes:
    image.save(out := io.BytesIO(), "JPEG", quality=85)
    return out.getvalue()


def encode_png(image: Image.Image) -> bytes:
    image.save(out := io.BytesIO(), "PNG", optimize=True)
    return out.getvalue()


def draw_sandbox_app_film(count: int) -> Iterator[bytes]:
    """Yield `count` JPEG frames of a film that scrolls down through three screens of the sample app."""
    screens = [draw_sandbox_app_phone_screen(number).resize(SAMPLE_FILM_FRAME_SIZE_PX) for number in range(3)]
    for number in range(count):
        first, part = divmod(number * (len(screens) - 1) / count, 1)
        image = Image.new("RGB", SAMPLE_FILM_FRAME_SIZE_PX)
        image.paste(screens[int(first)], (0, -round(part * SAMPLE_FILM_FRAME_SIZE_PX[1])))
        image.paste(
            screens[int(first) + 1], (0, SAMPLE_FILM_FRAME_SIZE_PX[1] - round(part * SAMPLE_FILM_FRAME_SIZE_PX[1]))
        )
        image.save(out := io.BytesIO(), "JPEG", quality=80)
        yield out.getvalue()


def _draw_fake_chart(draw: ImageDraw.ImageDraw, number: int) -> None:
    for column in range(7):
        height = 90 + (number * 53 + column * 71) % 210
        left = 132 + 120 * column
        draw.rounded_rectangle((left, 730 - height, left + 72, 730), 20, fill=SAMPLE_PALE_COLOR)


def _draw_fake_app_row(draw: ImageDraw.ImageDraw, top: int, *, done: bool, width: int) -> None:
    draw.rounded_rectangle(
        (72, top, 1008, top + 160), 36, fill=SAMPLE_WHITE_COLOR, outline=SAMPLE_SHADOW_COLOR, width=3
    )
    draw.ellipse(
        (112, top + 48, 176, top + 112),
        fill=SAMPLE_PRIMARY_COLOR if done else SAMPLE_WHITE_COLOR,
        outline=SAMPLE_PRIMARY_COLOR,
        width=6,
    )
    _draw_fake_text_bar(draw, (220, top + 46, width, 28), SAMPLE_TEXT_COLOR)
    _draw_fake_text_bar(draw, (220, top + 92, width * 2 // 3, 22), "#b8c0bc")


def _draw_fake_text_bar(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], color: str) -> None:
    """Draw a rounded bar that stands for a line of text. `box` is its left, top, width and height."""
    left, top, width, height = box
    draw.rounded_rectangle((left, top, left + width, top + height), height // 2, fill=color)
