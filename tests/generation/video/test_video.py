"""A film of a look's scenes: legible, moving, with all words in time; and its file, complete or absent."""

import hashlib
import json
import resource
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from domain.accounts.platform_limits import LIMITS_BY_PLATFORM, PostFileToCheck, find_media_objections
from generation.copy.languages import PRESENTER_DISCLOSURES
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.looks.deck import MaterialPicture, PieceInLooks, PieceMaterial
from generation.outputs import PLAIN_LOOK_NAME, RenderedFile
from generation.picture_roles import PictureTraits
from generation.render import PieceInputFiles, prepare_piece
from generation.spec import AspectRatio, BrandSnapshot, PieceSpec, Presenter
from generation.theme import derive_piece_color_theme
from generation.timing import reading_seconds
from generation.video.end_card import build_end_card_scene
from generation.video.film import Film as FilmOfScenes
from generation.video.film import FilmSpeech, build_film
from generation.video.scene import VIDEO_FRAMES_PER_S
from generation.video.video import VideoContentPiece
from schemas.errors import GenerationError
from tests.generation.slides.test_deck import LONG, copy, kit, screenshot
from tests.generation.video.checks import Film, faults
from tests.media import written

THEME = derive_piece_color_theme(["#0b6e99", "#ffd166"])
SAID = {
    "en": ("Know the tide before you go", "See high and low water", "No account"),
    "ar": ("تطبيق بسيط يحترم خصوصيتك", "يعمل بلا اتصال Tideline", "بلا إعلانات"),
    "ja": ("出かける前に潮の満ち引きがすぐわかる", "広告なしで使える", "アカウント不要"),
    "de": ("Privatsphäre ohne Benutzerkontenverwaltung", "Keine Anmeldung nötig", "Große Schrift"),
    "hi": ("घर पर व्यायाम का सरल ऐप", "बिना इंटरनेट के चलता है", "कोई विज्ञापन नहीं"),
}
#: Room for words in 9:16: left, top, right, bottom.
ZONE = (80, 267, 944, 1538)
POINTS = ("See high and low water", "Works without a connection", "No account and no ads")


def photo(number: int) -> Image.Image:
    noise = Image.effect_noise((48, 36), 140 - 20 * number).resize((1600, 1200), Image.Resampling.BICUBIC)
    return noise.convert("RGB")


def piece(language: str = "en", photos: int = 3, aspect: AspectRatio = "9:16", **changes: Any) -> PieceInLooks:
    hook, *points = SAID[language]
    brand = BrandSnapshot(name="Tideline", colors=["#0b6e99"])
    spec = msgspec.structs.replace(PieceSpec(format="video", brand=brand, seed="tide", seconds=8), **changes)
    pictures = [MaterialPicture.encode(photo(number), PictureTraits()) for number in range(photos)]
    said = copy(*points, hook=hook, language=language)
    return PieceInLooks(spec, said, PieceMaterial(pictures, THEME), aspect)


@cache
def film(language: str, look: str, photos: int = 3, aspect: AspectRatio = "9:16") -> FilmOfScenes:
    given = piece(language, photos, aspect, looks=[look])
    return build_film(given, kit(language, aspect), FilmSpeech())


@pytest.mark.parametrize(
    ("language", "look", "photos"),
    [("en", "poster", 3), ("ar", "caption", 3), ("ja", "editorial", 2), ("de", "big-type", 0), ("hi", "quote", 1)],
)
def test_words_of_any_language_are_legible_and_clear_of_what_platforms_add(
    language: str, look: str, photos: int
) -> None:
    made = film(language, look, photos)
    assert made.look == look
    marks = [mark for scene in made.scenes for mark in scene.marks]
    assert min(mark.contrast for mark in marks) >= 4.5
    left, top, right, bottom = ZONE
    assert not [
        mark
        for mark in marks
        if not (left <= mark.box[0] <= mark.box[2] <= right and top <= mark.box[1] <= mark.box[3] <= bottom)
    ]


@pytest.mark.parametrize(("language", "look"), [("en", "poster"), ("ja", "editorial"), ("de", "big-type")])
def test_each_text_stands_whole_for_the_time_to_read_it(language: str, look: str) -> None:
    made = film(language, look)
    for scene in made.scenes:
        still = scene._replace(photo=None)
        last, half = still.draw_last_frame(), still.draw_frame(round(scene.frame_count * 0.75))
        assert np.array_equal(np.asarray(last), np.asarray(half))
        text = " ".join(mark.text for mark in scene.marks if mark.name in {"headline", "item"})
        assert scene.seconds >= reading_seconds(text) - 0.4


def test_words_of_the_first_frame_are_there_at_once_and_no_pixel_of_words_is_lost() -> None:
    """A player's still, or a list's, is often the first frame. The layers of a slide make the same slide again."""
    first = film("de", "big-type", 0).scenes[0]
    start, end = np.asarray(first.draw_frame(0)).astype(int), np.asarray(first.draw_last_frame()).astype(int)
    ground = np.asarray(first.ground).astype(int)
    words, seen = np.abs(end - ground).max(axis=2) > 60, np.abs(start - ground).max(axis=2) > 60
    assert 0.1 < seen.sum() / words.sum() < 1
    for mark in first.marks:
        left, top, right, bottom = mark.box
        assert words[top:bottom, left:right].mean() > 0.1


def test_photos_move_in_every_frame() -> None:
    made = film("en", "caption")
    scene = next(one for one in made.scenes if one.photo)
    drawn = [scene.draw_frame(number).tobytes() for number in range(scene.frame_count)]
    assert sum(before == after for before, after in pairwise(drawn)) < len(drawn) / 4


def test_frames_match_the_scenes_and_transitions_show_both_scenes() -> None:
    made = film("ja", "editorial")
    frames = list(made.yield_frames())
    assert len(frames) == made.frame_count == round(made.timing.total_s * VIDEO_FRAMES_PER_S)
    new = made.scenes[1]
    within = np.asarray(frames[made.scenes[0].frame_count + 3]).astype(int)
    assert (within != np.asarray(new.draw_frame(3))).any()


@pytest.mark.parametrize("look", ["poster", "quote", PLAIN_LOOK_NAME])
def test_first_and_last_scene_disclose_the_presenter_in_each_frame(look: str) -> None:
    longest = max(PRESENTER_DISCLOSURES, key=lambda language: len(PRESENTER_DISCLOSURES[language]))
    mira = Presenter(name="Mira", gender="female", age_range="adult", seed="1")
    given = piece("en", 2, presenter=mira, looks=[look])
    labels = msgspec.structs.replace(given.copy.labels, presenter=PRESENTER_DISCLOSURES[longest])
    made = build_film(given._replace(copy=msgspec.structs.replace(given.copy, labels=labels)), kit("en"), FilmSpeech())
    assert made.look == look
    for scene in (made.scenes[0], made.scenes[-1]):
        boxes = [mark.box for mark in scene.marks if mark.name == "presenter"]
        assert boxes
        first, last = scene.draw_frame(0), scene.draw_last_frame()
        share = [np.abs(np.asarray(first.crop(box)).astype(int) - np.asarray(last.crop(box))).mean() for box in boxes]
        assert max(share) < 40


def test_a_partners_own_picture_is_the_end_whole_or_filling_the_frame() -> None:
    red = (220, 20, 30)
    for size, filled in (((500, 520), True), ((300, 900), False)):
        shown = build_end_card_scene(Image.new("RGB", size, red), (1080, 1080), (0, 0, 0), 2.0).draw_frame(50)
        assert shown.getpixel((540, 540)) == red
        assert (shown.getpixel((5, 540)) == red) == filled


def test_a_video_reports_metadata_and_progress(tmp_path: Path) -> None:
    given = piece(photos=1, aspect="1:1", looks=["big-type"], seconds=1)
    video = VideoContentPiece(given._replace(copy=copy(hook="Know the tide")), kit(aspect="1:1"))
    *steps, last = video.render_files_and_yield_progress(tmp_path)
    made = last.made
    assert made is not None
    assert {one.name for one in tmp_path.iterdir()} == {made.name, made.thumbnail}
    data = (tmp_path / made.name).read_bytes()
    assert (made.size_bytes, made.sha256, made.look) == (len(data), hashlib.sha256(data).hexdigest(), "big-type")
    assert (made.width, made.height, made.duration_ms) == (1080, 1080, 5000)
    shares = [step.share for step in (*steps, last)]
    assert shares == sorted(shares)
    assert (shares[-1], len(shares) <= 100, not any(step.made for step in steps)) == (1.0, True, True)
    assert {line.name for line in made.shown} >= {"headline", "name", "call"}
    with Image.open(tmp_path / made.thumbnail) as thumbnail:
        assert thumbnail.size == (480, 480)
    assert faults(Film(tmp_path / made.name, (1080, 1080), 150)) == []


def test_a_stopped_video_leaves_no_file(tmp_path: Path) -> None:
    video = VideoContentPiece(piece(photos=0, aspect="1:1", seconds=1), kit(aspect="1:1"))
    making = video.render_files_and_yield_progress(tmp_path)
    assert [next(making).made for _ in range(2)] == [None, None]
    making.close()
    assert list(tmp_path.iterdir()) == []


def test_speech_in_another_language_is_refused_before_anything_is_drawn() -> None:
    spec = PieceSpec(format="video", brand=BrandSnapshot(name="Ebbe"), seed="seed", speech="heart")
    with pytest.raises(GenerationError) as told:
        prepare_piece(spec, copy("Ohne Konto", hook="Kenne die Ebbe", language="de"), PieceInputFiles())
    assert told.value.code == "SPEECH_NOT_SPOKEN"


def test_a_text_for_no_look_gets_plain_scenes() -> None:
    given = piece(photos=1, aspect="1:1", seconds=20)
    endless = msgspec.structs.replace(given.copy, hook=msgspec.structs.replace(given.copy.hook, text=f"{LONG} " * 6))
    made = build_film(given._replace(copy=endless), kit(aspect="1:1"), FilmSpeech())
    assert made.look == PLAIN_LOOK_NAME
    assert {scene.ground.size for scene in made.scenes} == {PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT["1:1"].size}


def made_in(folder: Path) -> RenderedFile:
    spec = PieceSpec(format="video", brand=BrandSnapshot(name="Tideline", colors=["#0b6e99", "#ffd166"]), seed="tide")
    shots = [written(screenshot((390, 844))), written(photo(1)), written(photo(2))]
    words = copy(*POINTS, hook="Know the tide before you go")
    *_, last = prepare_piece(spec, words, PieceInputFiles(screenshots=shots)).render_files_and_yield_progress(folder)
    assert last.made is not None
    return last.made


@pytest.mark.long
def test_a_whole_video_is_valid_for_every_platform(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = made_in(tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert faults(Film(tmp_path / made.name, (1080, 1920), 360)) == []
    assert (made.width, made.height, made.duration_ms) == (1080, 1920, 12_000)
    assert {one.name for one in tmp_path.iterdir()} == {made.name, made.thumbnail}
    file = PostFileToCheck("video", made.mime_type, made.size_bytes, made.duration_ms)
    refused = {name: list(find_media_objections(limits, {}, [file])) for name, limits in LIMITS_BY_PLATFORM.items()}
    assert not any(refused.values()), json.dumps(refused)
    assert min(line.contrast for line in made.shown) >= 4.5
    assert after.ru_utime - before.ru_utime < 60
