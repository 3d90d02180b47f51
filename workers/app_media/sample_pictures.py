"""Sample pictures of a sandbox app, drawn on demand: the same number gives the same picture."""

import io
from collections.abc import Iterator

from PIL import Image, ImageDraw

#: The colors of the sandbox's brand: `workers/ingest/sandbox.py`.
PRIMARY, ACCENT, PAPER, INK = "#1f6f5c", "#f2a541", "#fbfaf7", "#22302c"
PALE, WHITE, SHADOW = "#dfe9e4", "#ffffff", "#e6e2d8"

LOGO, SCREEN, CARD, FRAME = (512, 512), (1080, 1920), (1080, 1350), (360, 640)


def draw_sandbox_app_logo() -> Image.Image:
    """Draw the sample app's logo, a sheet with three lines on a tile with round corners; return the image."""
    image = Image.new("RGBA", LOGO, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((16, 16, 496, 496), 112, fill=PRIMARY)
    draw.rounded_rectangle((136, 112, 376, 400), 28, fill=PAPER)
    for number, end in enumerate((328, 296, 312)):
        top = 180 + 64 * number
        draw.rounded_rectangle((184, top, end, top + 20), 10, fill=PRIMARY if number else ACCENT)
    return image


def draw_sandbox_app_phone_screen(number: int) -> Image.Image:
    """Draw a phone screen of the sample app: a title, a card with a chart, and a list. Return the image.

    `number` chooses the screen: colors, sizes and the number of done items differ.
    """
    image = Image.new("RGB", SCREEN, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SCREEN[0], 120), fill=PRIMARY)
    _draw_fake_text_bar(draw, (72, 190, 420 + 90 * (number % 4), 56), INK)
    _draw_fake_text_bar(draw, (72, 276, 300, 32), "#8a948f")
    draw.rounded_rectangle((72, 370, 1008, 790), 48, fill=PRIMARY if number % 2 == 0 else ACCENT)
    _draw_fake_chart(draw, number)
    for row in range(5):
        _draw_fake_app_row(draw, 860 + 190 * row, done=row <= number % 5, width=360 + (number * 97 + row * 131) % 330)
    draw.ellipse((858, 1716, 1008, 1866), fill=ACCENT if number % 2 == 0 else PRIMARY)
    _draw_fake_text_bar(draw, (898, 1785, 70, 12), WHITE)
    draw.rounded_rectangle((927, 1756, 939, 1826), 6, fill=WHITE)
    return image


def draw_sandbox_app_end_card() -> Image.Image:
    """Draw the sample app's end card for a video: the logo, and a button below it. Return the image."""
    image = Image.new("RGB", CARD, PAPER)
    tile = draw_sandbox_app_logo()
    image.paste(tile, ((CARD[0] - tile.width) // 2, 260), tile)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((250, 930, 830, 1070), 70, fill=PRIMARY)
    _draw_fake_text_bar(draw, (360, 982, 360, 36), PAPER)
    return image


def encode_png(image: Image.Image) -> bytes:
    image.save(out := io.BytesIO(), "PNG", optimize=True)
    return out.getvalue()


def draw_sandbox_app_film(count: int) -> Iterator[bytes]:
    """Yield `count` JPEG frames of a film that scrolls down through three screens of the sample app."""
    screens = [draw_sandbox_app_phone_screen(number).resize(FRAME) for number in range(3)]
    for number in range(count):
        first, part = divmod(number * (len(screens) - 1) / count, 1)
        image = Image.new("RGB", FRAME)
        image.paste(screens[int(first)], (0, -round(part * FRAME[1])))
        image.paste(screens[int(first) + 1], (0, FRAME[1] - round(part * FRAME[1])))
        image.save(out := io.BytesIO(), "JPEG", quality=80)
        yield out.getvalue()


def _draw_fake_chart(draw: ImageDraw.ImageDraw, number: int) -> None:
    for column in range(7):
        height = 90 + (number * 53 + column * 71) % 210
        left = 132 + 120 * column
        draw.rounded_rectangle((left, 730 - height, left + 72, 730), 20, fill=PALE)


def _draw_fake_app_row(draw: ImageDraw.ImageDraw, top: int, *, done: bool, width: int) -> None:
    draw.rounded_rectangle((72, top, 1008, top + 160), 36, fill=WHITE, outline=SHADOW, width=3)
    draw.ellipse((112, top + 48, 176, top + 112), fill=PRIMARY if done else WHITE, outline=PRIMARY, width=6)
    _draw_fake_text_bar(draw, (220, top + 46, width, 28), INK)
    _draw_fake_text_bar(draw, (220, top + 92, width * 2 // 3, 22), "#b8c0bc")


def _draw_fake_text_bar(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], color: str) -> None:
    """Draw a rounded bar that stands for a line of text. `box` is its left, top, width and height."""
    left, top, width, height = box
    draw.rounded_rectangle((left, top, left + width, top + height), height // 2, fill=color)
