"""The plain look: legible on any brand's colours and within its margins. Parts of other tests of pieces."""

from typing import Any

import pytest
from PIL import Image

from generation.canvas import Canvas
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.looks.filling import SlideContent
from generation.slides.kit import SlideKit
from generation.slides.plain import draw_plain_slide
from generation.spec import AspectRatio, CopyLabels, CopyLine, PieceCopy
from generation.theme import derive_piece_color_theme
from generation.thumbnail import MAX_JPEG_BYTES, encode_jpeg

LONG = "A home workout app that respects your privacy and the one who wrote this far too long hook"
COMPOUND = "Privatsphäre-Grundeinstellungen ohne Benutzerkontenverwaltung"

PALETTES: list[tuple[AspectRatio, list[str]]] = [
    ("4:5", ["#ffffff"]),
    ("9:16", ["#00ff00", "#ff00ff"]),
    ("1:1", ["#ff4b5c", "#ffb03a"]),
]


def kit(language: str = "en", aspect: AspectRatio = "4:5", **changes: Any) -> SlideKit:
    plain = SlideKit(
        "Tideline",
        derive_piece_color_theme(["#0b6e99"]),
        language,
        "seed",
        frame=PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[aspect],
    )
    return plain._replace(**changes)


def line(text: str) -> CopyLine:
    return CopyLine(text=text, rule="caller")


def copy(*points: str, hook: str = "Know the tide before you go 🌊", language: str = "en") -> PieceCopy:
    return PieceCopy(
        language=language,
        hook=line(hook),
        points=[line(point) for point in points],
        tagline=line("A home workout app that respects your privacy"),
        recap=line("Three reasons to try it"),
        call_to_action=line("Try Tideline"),
        places=[line("Google Play"), line("tideline.example")],
        ending=line(""),
        caption="",
        labels=CopyLabels(swipe="Swipe", save="Save this for later", presenter="A digital presenter"),
    )


def screenshot(size: tuple[int, int]) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB")


def wrong(canvas: Canvas, overhang: int = 0) -> list[str]:
    """Return texts that are illegible, truncated, or more than `overhang` in the margin."""
    frame = canvas.frame
    bad = []
    for mark in canvas.marks:
        left, top, right, bottom = mark.box
        across = left >= frame.left - overhang and right <= frame.right + overhang
        down = top >= frame.top - overhang and bottom <= frame.bottom + overhang
        if mark.contrast < 4.5 or mark.is_cut or not (across and down):
            bad.append(str(mark))
    return bad


@pytest.mark.parametrize(("aspect", "colors"), PALETTES)
def test_the_plain_look_shows_any_slide_on_any_palette(aspect: AspectRatio, colors: list[str]) -> None:
    made = kit(aspect=aspect, theme=derive_piece_color_theme(colors))
    texts = {"headline": LONG, "call": "Try it", "site": "tideline.example", "presenter": "Mira – a digital presenter"}
    slides = [
        draw_plain_slide(made, SlideContent("hook", texts), screenshot((1280, 720)), 0),
        draw_plain_slide(made, SlideContent("list", texts, [COMPOUND] * 5), None, 1),
        draw_plain_slide(made, SlideContent("end", {"call": "Try it"}), None, 2),
    ]
    assert [problem for canvas in slides for problem in wrong(canvas, 4)] == []
    assert {canvas.image.size for canvas in slides} == {PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[aspect].size}


def test_files_are_small_enough_for_every_platform() -> None:
    noise = Image.effect_noise((1080, 1350), 120).convert("RGB")
    data = encode_jpeg(noise)
    assert data[:2] == b"\xff\xd8"
    assert len(data) <= MAX_JPEG_BYTES
