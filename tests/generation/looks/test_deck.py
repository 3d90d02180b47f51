"""Decks: every slide of a piece in one look, pictures once, the same bytes, and the plain look as a last resort."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from generation.copy.write import write_piece_copy
from generation.looks import deck
from generation.looks.deck import DeckSlide, DrawnDeck, MaterialPicture, NoLookFits, PieceInLooks, PieceMaterial
from generation.picture_roles import PictureTraits
from generation.render import PieceInputFiles, prepare_piece
from generation.slides.plain import PLAIN_LOOK_NAME
from generation.spec import BrandSnapshot, CopyLine, PieceSpec, Presenter
from generation.theme import derive_piece_color_theme
from generation.thumbnail import encode_jpeg
from tests.generation.slides.test_deck import LONG, copy, line

THEME = derive_piece_color_theme(["#0b6e99", "#ffd166"])


def spec(**changes: Any) -> PieceSpec:
    plain = PieceSpec(format="slideshow", brand=BrandSnapshot(name="Tideline", colors=["#0b6e99"]), seed="1")
    return msgspec.structs.replace(plain, **changes)


def photo(shade: int) -> Image.Image:
    return Image.linear_gradient("L").point([min(255, value // 2 + shade) for value in range(256)]).resize((1200, 1000))


def material(photos: int = 0, **changes: Any) -> PieceMaterial:
    pictures = [MaterialPicture.encode(photo(30 * number).convert("RGB"), PictureTraits()) for number in range(photos)]
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
    assert len(drawn.pictures) == len({*drawn.pictures}) > 0


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
