"""Slides: legible on any brand's colours, within their margins, deterministic."""

import hashlib
from typing import Any

import msgspec
import pytest
from PIL import Image

from generation.canvas import Canvas
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.render import RENDERER_VERSION
from generation.slides.deck import list_slideshow_slide_drawers
from generation.slides.kit import SlideKit
from generation.spec import AspectRatio, CopyLabels, CopyLine, PieceCopy
from generation.theme import derive_piece_color_theme
from generation.thumbnail import MAX_JPEG_BYTES, encode_jpeg
from tests.forms import first

LONG = "A home workout app that respects your privacy and the one who wrote this far too long hook"
COMPOUND = "Privatsphäre-Grundeinstellungen ohne Benutzerkontenverwaltung"
HOOKS = {"en": "Know the tide 🌊", "ar": "تطبيق بسيط يحترم خصوصيتك", "ja": "潮の満ち引きがすぐわかる"}
#: Hashes of pixels: equal with Python 3.11 and 3.13, numpy 2.4 and 2.5, with and without AVX.
PIXELS = {"en": "a4b84c199a6da5e9", "ar": "8b0c3a24b9f0a25a", "ja": "f364502effcc6d29"}

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


@pytest.mark.parametrize(("aspect", "colors"), first(1, PALETTES))
def test_any_palette_is_legible_on_every_slide_of_any_aspect(aspect: AspectRatio, colors: list[str]) -> None:
    made = kit(aspect=aspect, theme=derive_piece_color_theme(colors))
    deck = [
        slide() for slide in list_slideshow_slide_drawers(made, copy("Works offline", "No ads", COMPOUND, hook=LONG))
    ]
    assert [problem for canvas in deck for problem in wrong(canvas)] == []
    assert {canvas.image.size for canvas in deck} == {PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[aspect].size}


@pytest.mark.parametrize(("shape", "language"), first(1, [((1280, 720), "en"), ((390, 844), "ar")]))
def test_devices_leave_the_texts_their_room(shape: tuple[int, int], language: str) -> None:
    logo = Image.new("RGBA", (200, 200), (20, 90, 160, 255))
    made = kit(language, name="مد", logo=logo, screenshots=(screenshot(shape), screenshot(shape)))
    said = copy("تمارين بسيطة", "يعمل بلا اتصال", hook="تطبيق بسيط يحترم خصوصيتك", language=language)
    assert [problem for slide in list_slideshow_slide_drawers(made, said)[:2] for problem in wrong(slide())] == []


def test_the_area_below_the_texts_of_a_tall_slide_is_filled() -> None:
    """Below the texts a bare ground has few colors; a drawn object has more."""
    for given in ((), (screenshot((390, 844)),)):
        made = kit(aspect="9:16", screenshots=given)
        slide = list_slideshow_slide_drawers(made, copy("No ads"))[-1 if given else 1]()
        assert wrong(slide) == []
        below = slide.image.crop((0, slide.frame.bottom + 60, slide.width, slide.height)).convert("L")
        lights = [light for light, count in enumerate(below.histogram()) if count > 400]
        assert max(lights) - min(lights) > 80


def test_an_arabic_page_runs_the_other_way() -> None:
    decks = [list_slideshow_slide_drawers(kit(language), copy("No ads", "Offline")) for language in ("en", "ar")]
    english, arabic = (slides[1]() for slides in decks)
    lefts = [next(mark.box[0] for mark in canvas.marks if mark.name == "number") for canvas in (english, arabic)]
    assert lefts[0] < 1080 / 4
    assert lefts[1] > 1080 / 2


def test_three_points_or_more_get_a_recap() -> None:
    assert [len(list_slideshow_slide_drawers(kit(), copy(*["point"] * count))) for count in range(5)] == [2, 3, 4, 6, 7]


@pytest.mark.parametrize("given", [(), ((390, 844),)])
@pytest.mark.parametrize("aspect", first(1, PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT))
def test_a_single_point_has_no_number(aspect: AspectRatio, given: tuple[tuple[int, int], ...]) -> None:
    made = kit(aspect=aspect, screenshots=tuple(map(screenshot, given)))
    only, one_of_two = (list_slideshow_slide_drawers(made, copy(*points))[1]() for points in ([LONG], [LONG, "No ads"]))
    assert wrong(only) == []
    assert [{mark.name for mark in slide.marks} for slide in (only, one_of_two)] == [
        {"name", "point"},
        {"name", "point", "number"},
    ]


def test_keywords_alone_are_only_on_the_recap() -> None:
    named = [CopyLine(text=text, rule="keyword") for text in ("Tides", "Harbours", "Sailing")]
    said = msgspec.structs.replace(copy(), points=named)
    shown = [{mark.name for mark in slide().marks} for slide in list_slideshow_slide_drawers(kit(), said)]
    assert [("item" in names, "point" in names) for names in shown] == [(False, False), (True, False), (False, False)]
    assert len(list_slideshow_slide_drawers(kit(screenshots=(screenshot((390, 844)),)), said)) == 6


def lights(image: Image.Image, box: tuple[int, int, int, int]) -> set[int]:
    counted = image.crop(box).convert("L").histogram()
    return {light for light, count in enumerate(counted) if count > 100}


def test_an_icon_stands_next_to_the_button_below_a_long_hook() -> None:
    said = copy(hook="A V2Ray client for Android, support Xray core and v2fly core")
    slide = list_slideshow_slide_drawers(kit(), said)[0]()
    assert wrong(slide) == []
    bottom = max(mark.box[3] for mark in slide.marks if mark.name == "hook")
    assert max(lights(slide.image, (84, bottom + 20, 500, 1350))) > 230


def test_a_logo_like_the_ground_and_a_button_like_a_screenshot_have_an_edge() -> None:
    ground = derive_piece_color_theme(["#0b6e99"]).vivid
    logo = Image.new("RGBA", (200, 200), (*ground.tints[0], 255))
    plain = kit(logo=logo)
    tilted = list_slideshow_slide_drawers(plain, copy(hook="Tides"))[0]().image.crop((60, 800, 500, 1340))
    assert max(lights(tilted, (0, 0, *tilted.size))) > 230
    white = Image.new("RGB", (390, 844), (255, 255, 255))
    shown = list_slideshow_slide_drawers(plain._replace(screenshots=(white, white)), copy())[0]()
    pill = next(mark.box for mark in shown.marks if mark.name == "onward")
    middle, above = (pill[0] + pill[2]) // 2, shown.frame.bottom - 100 - 5
    assert shown.image.getpixel((middle, above)) == ground.tints[0]


def test_the_same_kit_gives_the_same_pixels_and_another_seed_others() -> None:
    def digest(seed: str) -> str:
        return hashlib.sha256(list_slideshow_slide_drawers(kit(seed=seed), copy())[-1]().image.tobytes()).hexdigest()

    assert digest("one") == digest("one") != digest("two")


@pytest.mark.parametrize("language", PIXELS)
def test_frames_match_the_renderer_version(language: str) -> None:
    """A change of these pixels must change `RENDERER_VERSION`, so that a piece's renderer stays identifiable."""
    made = kit(language, theme=derive_piece_color_theme(["#0b6e99", "#ffd166"]))
    pixels = list_slideshow_slide_drawers(made, copy("x", hook=HOOKS[language], language=language))[0]().image.tobytes()
    assert (RENDERER_VERSION, hashlib.sha256(pixels).hexdigest()[:16]) == ("4", PIXELS[language])


def test_files_are_small_enough_for_every_platform() -> None:
    noise = Image.effect_noise((1080, 1350), 120).convert("RGB")
    data = encode_jpeg(noise)
    assert data[:2] == b"\xff\xd8"
    assert len(data) <= MAX_JPEG_BYTES
