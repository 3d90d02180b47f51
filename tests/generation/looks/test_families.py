"""Our looks: each section shows its slide legibly, inside the safe zone, in any aspect and script."""

from itertools import combinations

import pytest
from PIL import Image

from generation.looks.catalog import LOOK_NAMES, load_look
from generation.looks.deck import encode_engine_picture, list_piece_fonts
from generation.looks.engine import LookEngine
from generation.looks.filling import SlideContent, SlidePicture
from generation.looks.palette import derive_look_palette
from generation.looks.slide import DrawnSlide, LookArtist, read_look_texts
from generation.looks.template import SLIDE_KINDS, SlideKind
from generation.spec import AspectRatio
from generation.theme import derive_piece_color_theme

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

#: Left, top, right and bottom of the room for words.
ZONES = {"4:5": (46, 40, 1034, 1310), "9:16": (80, 267, 944, 1538), "1:1": (34, 34, 1046, 1046)}
#: Shortest and longest texts that a brand of each language has here: headline, name, place, item.
TEXTS = {
    "de": (
        "Jedes Apartment mit Blick auf die ganze Bucht von Opatija",
        "Ferienwohnungen Haus Isabel",
        "Opatija",
        "Pool",
    ),
    "ja": ("山あいの恵みを、食卓へ", "佐藤農園", "中之条", "コシヒカリ"),
    "ar": ("نستعيد ملفاتك من أي جهاز", "من الصفر إلى الواحد", "الرياض", "الهواتف"),
    "hi": ("घी और दूध से बनी मिठाइयाँ", "शर्मा मिठाई भंडार", "जयपुर", "लड्डू"),
    "en": ("Go", "Yo", "Ur", "Ox"),
}
ASPECTS: tuple[AspectRatio, ...] = ("4:5", "9:16", "1:1")
CASES = [
    (look, aspect, [*TEXTS][(number + turn) % len(TEXTS)])
    for number, look in enumerate(LOOK_NAMES)
    for turn, aspect in enumerate(ASPECTS)
]


def picture(name: str, size: tuple[int, int], role: str = "photo") -> tuple[SlidePicture, bytes]:
    """Return a busy picture of light and dark noise."""
    noise = Image.effect_noise((size[0] // 40, size[1] // 40), 160).resize(size, Image.Resampling.BICUBIC)
    return SlidePicture(name, size, role), encode_engine_picture(noise.convert("RGB"))[0]


PICTURES = {
    "photo": picture("a", (1600, 1200)),
    "photo2": picture("b", (900, 1400)),
    "screen": picture("c", (780, 1688), "screenshot"),
    "screen2": picture("d", (780, 1688), "framed"),
    "screen3": picture("e", (780, 1688), "screenshot"),
    "logo": picture("f", (400, 400), "logo"),
}


def slide(kind: SlideKind, language: str) -> SlideContent:
    headline, name, place, item = TEXTS[language]
    texts = {"headline": headline, "name": name, "place": place, "chip": place, "call": item, "site": "a.example"}
    pictures = {slot: one for slot, (one, _) in PICTURES.items()}
    return SlideContent(kind, texts | {"page": "2/6", "quotemark": "“"}, [f"{item} {n}" for n in range(5)], pictures)


def faults(drawn: DrawnSlide, aspect: AspectRatio) -> list[str]:
    """Return the lines with too little contrast or out of the zone, and pairs of texts over each other."""
    left, top, right, bottom = ZONES[aspect]
    bad = [
        str(one)
        for one in drawn.marks
        if one.contrast < 4.5
        or not (left <= one.box[0] <= one.box[2] <= right and top <= one.box[1] <= one.box[3] <= bottom)
    ]
    for one, other in combinations(drawn.marks, 2):
        across = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
        down = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
        if one.name != other.name and across > 0 and down > 0:
            bad.append(f"{one.text} over {other.text}")
    return bad


@pytest.mark.parametrize(("look", "aspect", "language"), CASES)
def test_each_section_is_legible_in_its_zone(look: str, aspect: AspectRatio, language: str) -> None:
    template = load_look(look)
    texts = read_look_texts([*TEXTS[language], "a.example 2/6 “ 01234"], language)
    palette = derive_look_palette(derive_piece_color_theme(["#0b6e99", "#ffd166"]))
    with LookEngine(list_piece_fonts(texts, [template]), {one.name: data for one, data in PICTURES.values()}) as engine:
        artist = LookArtist(engine, template, palette, aspect, texts)
        for kind in SLIDE_KINDS:
            for section in template.sections[kind]:
                drawn = artist.draw_slide(artist.prepare_slide(section, slide(kind, language)))
                assert (kind, section.line, faults(drawn, aspect)) == (kind, section.line, [])
                assert drawn.image.size == artist.size


@pytest.mark.parametrize("look", LOOK_NAMES)
def test_each_family_has_all_kinds_and_can_disclose_a_presenter(look: str) -> None:
    template = load_look(look)
    assert template.header.name == look
    assert {*template.sections} == {*SLIDE_KINDS}
    for kind in ("hook", "end"):
        assert any("presenter" in str(section) for section in template.sections[kind])
