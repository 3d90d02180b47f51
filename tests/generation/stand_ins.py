"""Substitutes for a brand's pictures, which no corpus contains: logos and screenshots by the brand's name."""

import colorsys

from PIL import Image, ImageDraw

from generation.seeds import seeded_random_between, seeded_random_number

PHONE, DESKTOP = (780, 1688), (1440, 900)


def color(name: str, what: str, light: float, strength: float = 0.65) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(seeded_random_number(name, what), light, strength)
    return round(red * 255), round(green * 255), round(blue * 255)


def logo(name: str) -> Image.Image:
    """Draw a few discs: an icon with or without a ground."""
    own = seeded_random_number(name, "ground") < 0.5
    image = Image.new("RGBA", (512, 512), (*color(name, "logo", 0.5), 255) if own else (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for number in range(3):
        x, y = (seeded_random_between(120, 390, name, f"{axis}{number}") for axis in "xy")
        radius = seeded_random_between(60, 110, name, f"r{number}")
        shade = (255, 255, 255) if own else color(name, f"disc{number}", 0.45)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), (*shade, 255))
    return image


def screenshot(name: str, number: int, size: tuple[int, int] = PHONE) -> Image.Image:
    """Draw a title and cards on a light page."""
    image = Image.new("RGB", size, (249, 248, 246))
    draw = ImageDraw.Draw(image)
    wide = size[0] - 80
    draw.rounded_rectangle((40, 110, 40 + wide * 0.55, 176), 12, fill=(34, 34, 44))
    for top in range(230, size[1], 190):
        draw.rounded_rectangle((40, top, 40 + wide, top + 160), 30, fill=(255, 255, 255), outline=(230, 228, 224))
        tint = color(name, f"{number}/{top % 7}", 0.72)
        draw.rounded_rectangle((64, top + 26, 172, top + 134), 24, fill=tint)
        line = seeded_random_between(0.3, 0.6, name, f"{number}/{top}") * wide
        draw.rounded_rectangle((200, top + 44, 200 + line, top + 68), 10, fill=(70, 70, 80))
        draw.rounded_rectangle((200, top + 92, 200 + line * 0.7, top + 110), 8, fill=(190, 190, 196))
    return image
