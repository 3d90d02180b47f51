"""A video made into a folder: complete with its thumbnail and metadata, or absent."""

import hashlib
import json
import resource
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.accounts.platform_limits import LIMITS_BY_PLATFORM, PostFileToCheck, find_media_objections
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.outputs import RenderedFile
from generation.render import RENDERER_VERSION, PieceInputFiles, prepare_piece
from generation.spec import AspectRatio, BrandSnapshot, PieceSpec
from generation.theme import derive_piece_color_theme
from generation.timing import VideoTiming
from generation.video.end import build_end_scene_of_partner_end_card
from generation.video.hook import build_hook_scene
from generation.video.point import build_point_scene
from generation.video.scene import VideoScene
from generation.video.video import VideoContentPiece, build_video_scenes, render_video_frames
from schemas.errors import GenerationError
from tests.forms import first
from tests.generation.slides.test_deck import copy, kit, screenshot, wrong
from tests.generation.video.checks import Film, faults
from tests.media import written

KIT = kit(aspect="1:1")
SHORT = VideoContentPiece(KIT, copy(hook="Know the tide"), VideoTiming(0.5, (), 0.5))
#: Glyphs may extend a little beyond their advance.
OVERHANG = 10
SAID = {
    "en": ("Know the tide before you go 🌊", "See high and low water"),
    "ar": ("تطبيق بسيط يحترم خصوصيتك", "يعمل بلا اتصال Tideline"),
    "ja": ("出かける前に潮の満ち引きがすぐわかる", "広告なしで使える"),
    "de": ("Privatsphäre-Grundeinstellungen ohne Benutzerkontenverwaltung", "Keine Anmeldung nötig"),
    "th": ("แอปออกกำลังกายที่บ้านซึ่งเคารพความเป็นส่วนตัวของคุณ", "ใช้งานได้โดยไม่ต้องเชื่อมต่อ"),
    "hi": ("घर पर व्यायाम का सरल ऐप", "बिना इंटरनेट के चलता है"),
}
#: Hashes of pixels: equal with Python 3.11 and 3.13, numpy 2.4 and 2.5, with and without AVX.
PIXELS = {"en": "846aee1a77e08bdd", "ar": "66b18ef0cb5e38d5", "ja": "29450376bc97a970"}
POINTS = ("See high and low water", "Works without a connection", "No account and no ads")


def test_a_video_reports_metadata_and_progress(tmp_path: Path) -> None:
    *steps, last = SHORT.render_files_and_yield_progress(tmp_path)
    made = last.made
    assert made is not None
    assert {one.name for one in tmp_path.iterdir()} == {made.name, made.thumbnail}
    data = (tmp_path / made.name).read_bytes()
    assert (made.size_bytes, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (made.width, made.height, made.duration_ms) == (1080, 1080, 1000)
    shares = [step.share for step in (*steps, last)]
    assert shares == sorted(shares)
    assert (shares[-1], len(shares) <= 100, not any(step.made for step in steps)) == (1.0, True, True)
    assert {line.name for line in made.shown} >= {"name", "hook", "app", "pill"}
    with Image.open(tmp_path / made.thumbnail) as thumbnail:
        assert thumbnail.size == (480, 480)
    assert faults(Film(tmp_path / made.name, (1080, 1080), 30)) == []


def test_a_stopped_video_leaves_no_file(tmp_path: Path) -> None:
    making = SHORT.render_files_and_yield_progress(tmp_path)
    assert next(making).made is None
    making.close()
    assert list(tmp_path.iterdir()) == []


def test_speech_in_another_language_is_refused_before_anything_is_drawn() -> None:
    spec = PieceSpec(format="video", brand=BrandSnapshot(name="Ebbe"), seed="seed", speech="heart")
    with pytest.raises(GenerationError) as told:
        prepare_piece(spec, copy("Ohne Konto", hook="Kenne die Ebbe", language="de"), PieceInputFiles())
    assert told.value.code == "SPEECH_NOT_SPOKEN"


@cache
def film(language: str, *, aspect: AspectRatio = "9:16", shots: int = 0, colors: str = "#0b6e99") -> list[VideoScene]:
    """Return the first two scenes."""
    said, explained = SAID[language]
    given = (screenshot((390, 844)), screenshot((1280, 720)))[:shots]
    made = kit(language, aspect, theme=derive_piece_color_theme([colors]), screenshots=given)
    return [build_hook_scene(made, copy(hook=said, language=language), 3.0), build_point_scene(made, explained, 1, 2.0)]


@pytest.mark.parametrize("language", first(3, SAID))
def test_texts_of_any_language_are_legible_and_clear_of_what_platforms_add(language: str) -> None:
    assert [fault for scene in film(language) for fault in wrong(scene.draw_last_frame(), OVERHANG)] == []


@pytest.mark.parametrize(("aspect", "shots"), first(1, [("1:1", 0), ("9:16", 2)]))
def test_every_aspect_has_room_with_devices_and_without(aspect: AspectRatio, shots: int) -> None:
    shown = film("de", aspect=aspect, shots=shots, colors="#ff4b5c")
    assert [fault for scene in shown for fault in wrong(scene.draw_last_frame(), OVERHANG)] == []
    assert {scene.draw_frame(0).size for scene in shown} == {PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT[aspect].size}


def test_a_partners_own_picture_is_the_end_whole_or_filling_the_frame() -> None:
    red = (220, 20, 30)
    for size, filled in (((500, 520), True), ((300, 900), False)):
        shown = build_end_scene_of_partner_end_card(KIT, Image.new("RGB", size, red), 2.0).draw_frame(50)
        assert shown.getpixel((540, 540)) == red
        assert (shown.getpixel((5, 540)) == red) == filled


def test_the_first_frame_has_words_and_the_rest_appear_in_order() -> None:
    """A player's still, or a list's, is often the first frame."""
    first = film("en")[0]
    last = np.asarray(first.draw_frame(first.frame_count - 1)).astype(int)
    missing = [
        int((np.abs(np.asarray(first.draw_frame(number)).astype(int) - last).max(axis=2) > 90).sum())
        for number in (0, 8, 16, 24)
    ]
    assert missing == sorted(missing, reverse=True)
    bright = (np.asarray(first.draw_frame(0).convert("L")) > 200).sum()
    assert bright > 20_000


def test_frames_match_the_scenes_and_cuts_show_both_scenes() -> None:
    shown = build_video_scenes(KIT, copy(), VideoTiming(0.5, (), 0.5))
    made = list(render_video_frames(KIT, shown))
    assert len(made) == 30
    in_a_cut = np.asarray(made[18]).astype(int)
    assert (in_a_cut != np.asarray(shown[1].draw_frame(3))).any()


@pytest.mark.parametrize("shots", first(1, [0, 1]))
def test_a_single_point_has_no_number(shots: int) -> None:
    made = kit(aspect="9:16", screenshots=(screenshot((390, 844)),) * shots)
    names = []
    for points in (["No ads"], ["No ads", "Works offline"]):
        timing = VideoTiming(0.5, (2.0,) * len(points), 0.5)
        shown = build_video_scenes(made, copy(*points), timing)[1]
        assert wrong(shown.draw_last_frame(), OVERHANG) == []
        names.append({mark.name for mark in shown.draw_last_frame().marks})
    assert names == [{"name", "point"}, {"name", "point", "number"}]


def test_an_arabic_video_runs_the_other_way() -> None:
    lefts = {
        language: next(mark.box[0] for mark in film(language)[1].draw_last_frame().marks if mark.name == "number")
        for language in ("en", "ar")
    }
    assert (
        lefts["en"]
        < PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT["9:16"].width / 4
        < PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT["9:16"].width / 2
        < lefts["ar"]
    )


@pytest.mark.parametrize("language", PIXELS)
def test_frames_match_the_renderer_version(language: str) -> None:
    """A change of these pixels must change `RENDERER_VERSION`, so that a piece's renderer stays identifiable."""
    drawn = [scene.draw_frame(number).tobytes() for scene in film(language) for number in (5, 40)]
    digest = hashlib.sha256(b"".join(drawn)).hexdigest()[:16]
    assert (RENDERER_VERSION, digest) == ("5", PIXELS[language])


def made_in(folder: Path) -> RenderedFile:
    spec = PieceSpec(format="video", brand=BrandSnapshot(name="Tideline", colors=["#0b6e99", "#ffd166"]), seed="tide")
    shots = [written(screenshot((390, 844))), written(screenshot((1280, 720)))]
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
