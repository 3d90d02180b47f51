"""Decks: every slide of a piece in one look, pictures once, the same bytes, and the plain look as a last resort."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from generation.copy.write import write_piece_copy
from generation.looks import deck
from generation.looks.catalog import load_look
from generation.looks.deck import (
    DeckSlide,
    DrawnDeck,
    MaterialPicture,
    NoLookFits,
    PieceInLooks,
    PieceMaterial,
    add_unless_same,
    count_picture_slots,
    list_piece_fonts,
)
from generation.looks.engine import LookEngine
from generation.looks.filling import Node, SlideContent, SlidePicture
from generation.looks.palette import derive_look_palette
from generation.looks.slide import LookArtist, read_look_texts
from generation.outputs import PLAIN_LOOK_NAME
from generation.picture_roles import PictureTraits
from generation.render import PieceInputFiles, RenderableSlides, prepare_piece
from generation.spec import BrandSnapshot, CopyLine, PieceSpec, Presenter
from generation.theme import derive_piece_color_theme
from generation.thumbnail import encode_jpeg
from schemas.pictures import PictureRole
from tests.generation.slides.test_deck import LONG, copy, line
from tests.generation.test_picture_roles import noise

PHOTO_AND_SCREEN: tuple[PictureRole, ...] = ("photo", "screenshot")
THEME = derive_piece_color_theme(["#0b6e99", "#ffd166"])


def spec(**changes: Any) -> PieceSpec:
    plain = PieceSpec(format="slideshow", brand=BrandSnapshot(name="Tideline", colors=["#0b6e99"]), seed="1")
    return msgspec.structs.replace(plain, **changes)


def photo(shade: int) -> Image.Image:
    return Image.linear_gradient("L").point([min(255, value // 2 + shade) for value in range(256)]).resize((1200, 1000))


def material(photos: int = 0, **changes: Any) -> PieceMaterial:
    pictures = [
        MaterialPicture.encode(photo(30 * number).convert("RGB"), PictureTraits())._replace(place=number)
        for number in range(photos)
    ]
    return PieceMaterial(pictures, THEME, **changes)


def draw_deck(*piece: Any) -> DrawnDeck[DeckSlide]:
    return deck.draw_deck(PieceInLooks(*piece))


def words(slides: list[DeckSlide]) -> str:
    return " ".join(mark.text for slide in slides for mark in slide.marks)


def test_a_deck_says_all_points_in_one_look_and_shows_each_picture_once() -> None:
    said = copy("Works offline", "No ads at all", "Warns you early")
    drawn = draw_deck(spec(), said, material(photos=3), "4:5")
    assert len(drawn.slides) >= 5
    assert all(point.text in words(drawn.slides) for point in said.points)
    places = [place for slide in drawn.slides for place in slide.places]
    assert sorted(places) == sorted({*places}) != []


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_first_picture_comes_first(first: int) -> None:
    said = copy("Works offline", "No ads at all", "Warns you early")
    drawn = draw_deck(spec(first_picture=first), said, material(photos=3), "4:5")
    assert next(place for slide in drawn.slides for place in slide.places) == first


def test_roles_of_the_spec_decide_and_pixels_tell_the_others() -> None:
    files = [encode_jpeg(noise((1200, 900)).rotate(turn, expand=True)) for turn in (0, 90, 180)]
    asked = spec(format="image", picture_roles=["place", None, "person"], logo_role="wordmark")
    piece = prepare_piece(asked, copy("Works offline"), PieceInputFiles(screenshots=files))
    assert isinstance(piece, RenderableSlides)
    assert [one.traits.role for one in piece.piece.material.pictures] == ["place", "photo", "person"]
    assert piece.piece.material.logo_role == "wordmark"


def test_screens_of_a_shop_with_photos_lead_no_look() -> None:
    shown = [MaterialPicture.encode(photo(30).convert("RGB"), PictureTraits(role)) for role in PHOTO_AND_SCREEN]
    counts = []
    for trade, looks in (("bakery", []), (None, []), ("notes_app", []), ("bakery", ["app"])):
        asked = spec(brand=BrandSnapshot(name="Tideline", trade=trade), looks=looks)
        counts.append(deck.describe_material(asked, copy(), PieceMaterial(shown, THEME)).screenshots)
    assert counts == [0, 1, 1, 1]


def test_a_photo_in_two_sizes_is_shown_once_in_its_larger_size() -> None:
    pictures: list[MaterialPicture] = []
    sizes: list[tuple[int, PictureRole]] = [(600, "place"), (1200, "photo"), (900, "photo")]
    for width, role in sizes:
        image = photo(60).convert("RGB").resize((width, width * 5 // 6))
        add_unless_same(pictures, MaterialPicture.encode(image, PictureTraits(role)))
    assert [(one.size, one.traits.role) for one in pictures] == [((1200, 1000), "place")]


def prepare_point(look: str, slot: str, picture: MaterialPicture) -> Node:
    """Return the picture's element in the first section of a point that shows it."""
    traits, texts = picture.traits, read_look_texts(["Works offline"], "en")
    shown = SlidePicture("p", picture.size, traits.role, traits.focus, traits.subject)
    content = SlideContent("point", {"headline": "Works offline"}, pictures={slot: shown})
    with LookEngine(list_piece_fonts(texts, [load_look(look)]), {"p": picture.file}) as engine:
        artist = LookArtist(engine, load_look(look), derive_look_palette(THEME), "9:16", texts)
        section = next(one for one in artist.template.sections["point"] if count_picture_slots(one, content))
        [node] = artist.prepare_slide(section, content).section.pictures
    return node


def test_a_store_shot_is_whole_and_a_photo_keeps_its_subject() -> None:
    shot = photo(40).convert("RGB").resize((900, 1950))
    framed = prepare_point("app", "screen", MaterialPicture.encode(shot, PictureTraits("framed")))
    assert framed.style["object-fit"] == "contain"
    for left in (0.02, 0.4, 0.78):
        subject = (left, 0.1, left + 0.2, 0.4)
        traits = PictureTraits("photo", (0.5, 0.25), subject)
        node = prepare_point("poster", "photo", MaterialPicture.encode(photo(60).convert("RGB"), traits))
        across = float(node.style["object-position"].partition("%")[0]) / 100
        # At 9:16 a picture of 6:5 shows 47 % of its width.
        start = across * (1 - 0.469)
        assert start - 0.01 <= subject[0]
        assert subject[2] <= start + 0.469 + 0.01


def test_the_same_piece_has_the_same_pixels() -> None:
    digests = {
        hashlib.sha256(b"".join(slide.picture.data for slide in drawn.slides)).hexdigest()
        for drawn in (draw_deck(spec(), copy("Works offline", "No ads"), material(photos=2), "1:1") for _ in range(2))
    }
    assert len(digests) == 1


def test_seeds_give_different_looks_and_a_request_decides() -> None:
    said = copy("Works offline", "No ads", "Warns you early")
    looks = {draw_deck(spec(seed=str(seed)), said, material(photos=3), "1:1").look.name for seed in range(8)}
    assert len(looks) >= 3
    assert draw_deck(spec(looks=["list", "quote"]), said, material(photos=3), "1:1").look.name == "list"


def test_hook_and_end_disclose_the_presenter() -> None:
    mira = Presenter(name="Mira", gender="female", age_range="adult", seed="1")
    given = material(photos=2, portrait=Image.new("RGB", (400, 400), "tan"))
    for look in ("poster", "quote"):
        drawn = draw_deck(spec(presenter=mira, looks=[look]), copy("Works offline"), given, "9:16")
        for slide in (drawn.slides[0], drawn.slides[-1]):
            assert "Mira – A digital presenter" in " ".join(m.text for m in slide.marks if m.name == "presenter")


def test_words_over_a_person_choose_another_section() -> None:
    face = (0.2, 0.2, 0.8, 0.95)
    pictures = [MaterialPicture.encode(photo(60).convert("RGB"), PictureTraits("person", (0.5, 0.6), face))] * 2
    drawn = draw_deck(spec(looks=["poster"], format="image"), copy(), PieceMaterial(pictures, THEME), "4:5")
    headline = [mark.box for mark in drawn.slides[0].marks if mark.name == "headline"]
    assert min(box[1] for box in headline) > 650
    filled = [
        MaterialPicture.encode(photo(60).convert("RGB"), PictureTraits("person", (0.5, 0.5), (0.0, 0.0, 1.0, 1.0)))
    ]
    with pytest.raises(NoLookFits):
        draw_deck(spec(looks=["caption"], format="image"), copy(), PieceMaterial(filled * 2, THEME), "4:5")


def test_a_text_for_no_look_and_a_host_without_the_engine_get_the_plain_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = copy(hook=f"{LONG} " * 6)
    with pytest.raises(NoLookFits):
        draw_deck(spec(), endless, material(), "4:5")
    monkeypatch.setattr("generation.looks.engine.sys.executable", "/bin/false")
    with pytest.raises(NoLookFits):
        draw_deck(spec(), copy("Works offline"), material(), "4:5")
    given = PieceInputFiles(screenshots=[encode_jpeg(photo(40).convert("RGB"))])
    piece = prepare_piece(spec(format="image"), copy(), given)
    made = [step.made for step in piece.render_files_and_yield_progress(tmp_path) if step.made]
    assert [one.look for one in made] == [PLAIN_LOOK_NAME]


def test_points_too_short_for_a_list_or_like_the_quote_have_no_slide_of_their_own() -> None:
    quoted = CopyLine(text="Works offline", rule="caller")
    said = msgspec.structs.replace(copy("Works offline", "No ads"), quote=quoted, items=[line("One")])
    kinds = [one.kind for one in deck.compose_slides(spec(), said)]
    assert kinds == ["hook", "point", "point", "end"]


def test_a_deck_has_no_more_slides_than_every_platform_takes() -> None:
    brand = BrandSnapshot(
        name="Tideline",
        descriptions=["See high and low water. It works without a signal. No account is needed. It warns you early."],
        keywords=["tide times", "harbour maps", "offline charts"],
    )
    for most in range(3, 9):
        limited = spec(brand=brand, max_slides=most)
        said = write_piece_copy(limited)
        kinds = [one.kind for one in deck.compose_slides(limited, said)]
        assert len(kinds) <= most
        assert kinds.count("point") == len(said.points) >= 1
