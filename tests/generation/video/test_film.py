"""Film of a video: legible in any language and palette, within its frame, never empty, deterministic."""

import hashlib
from functools import cache

import numpy as np
import pytest
from PIL import Image

from generation.frame import FRAMES
from generation.render import RENDERER
from generation.slides.kit import Kit, SlidePresenter
from generation.spec import Aspect
from generation.theme import theme
from generation.timing import Timing
from generation.video.end import end, end_card_scene
from generation.video.film import frames, scenes
from generation.video.hook import hook
from generation.video.point import point
from generation.video.scene import Scene
from tests.forms import first
from tests.generation.slides.test_deck import copy, screenshot

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


@cache
def film(language: str, *, aspect: Aspect = "9:16", shots: int = 0, colors: str = "#0b6e99") -> list[Scene]:
    """Return the first two scenes."""
    said, explained = SAID[language]
    kit = Kit(
        name="Tideline",
        theme=theme([colors]),
        language=language,
        seed="seed",
        screenshots=(screenshot((390, 844)), screenshot((1280, 720)))[:shots],
        frame=FRAMES[aspect],
    )
    return [hook(kit, copy(hook=said, language=language), 3.0), point(kit, explained, 1, 2.0)]


def wrong(scene: Scene, aspect: Aspect) -> list[str]:
    """Return texts that are illegible, truncated, or under the platforms' overlays."""
    frame, bad = FRAMES[aspect], []
    for mark in scene.settled().marks:
        left, top, right, bottom = mark.box
        across = frame.left - OVERHANG <= left and right <= frame.right + OVERHANG
        down = frame.top - OVERHANG <= top and bottom <= frame.bottom + OVERHANG
        if mark.contrast < 4.5 or mark.is_cut or not (across and down):
            bad.append(str(mark))
    return bad


@pytest.mark.parametrize("language", first(3, SAID))
def test_texts_of_any_language_are_legible_and_clear_of_what_platforms_add(language: str) -> None:
    assert [fault for scene in film(language) for fault in wrong(scene, "9:16")] == []


@pytest.mark.parametrize(("aspect", "shots"), first(1, [("1:1", 0), ("9:16", 2)]))
def test_every_aspect_has_room_with_devices_and_without(aspect: Aspect, shots: int) -> None:
    shown = film("de", aspect=aspect, shots=shots, colors="#ff4b5c")
    assert [fault for scene in shown for fault in wrong(scene, aspect)] == []
    assert {scene.draw(0).size for scene in shown} == {FRAMES[aspect].size}


@pytest.mark.parametrize("aspect", first(1, FRAMES))
def test_a_presenter_signs_the_last_scene_and_everything_has_room(aspect: Aspect) -> None:
    face = SlidePresenter("Mara", Image.new("RGB", (400, 400), (200, 160, 140)))
    kit = Kit("Tideline", theme(["#2f9e44"]), "en", "seed", frame=FRAMES[aspect], presenter=face)
    last = end(kit, copy(), 3.0)
    assert wrong(last, aspect) == []
    assert {"presenter", "disclosure", "pill", "app"} <= {mark.name for mark in last.settled().marks}


def test_a_partners_own_picture_is_the_end_whole_or_filling_the_frame() -> None:
    kit = Kit("Tideline", theme(["#2f9e44"]), "en", "seed", frame=FRAMES["1:1"])
    red = (220, 20, 30)
    for size, filled in (((500, 520), True), ((300, 900), False)):
        shown = end_card_scene(kit, Image.new("RGB", size, red), 2.0).draw(50)
        assert shown.getpixel((540, 540)) == red
        assert (shown.getpixel((5, 540)) == red) == filled


def test_the_first_frame_has_words_and_the_rest_appear_in_order() -> None:
    """A player's still, or a list's, is often the first frame."""
    first = film("en")[0]
    last = np.asarray(first.draw(first.frames - 1)).astype(int)
    missing = [
        int((np.abs(np.asarray(first.draw(number)).astype(int) - last).max(axis=2) > 90).sum())
        for number in (0, 8, 16, 24)
    ]
    assert missing == sorted(missing, reverse=True)
    bright = (np.asarray(first.draw(0).convert("L")) > 200).sum()
    assert bright > 20_000


def test_frames_match_the_scenes_and_cuts_show_both_scenes() -> None:
    kit = Kit(name="Tideline", theme=theme(["#0b6e99"]), language="en", seed="seed", frame=FRAMES["1:1"])
    shown = scenes(kit, copy(), Timing(0.5, (), 0.5))
    made = list(frames(kit, shown))
    assert len(made) == 30
    in_a_cut = np.asarray(made[18]).astype(int)
    assert (in_a_cut != np.asarray(shown[1].draw(3))).any()


@pytest.mark.parametrize("shots", [0, 1])
def test_a_single_point_has_no_number(shots: int) -> None:
    given = (screenshot((390, 844)),) * shots
    kit = Kit("Tideline", theme(["#0b6e99"]), "en", "seed", screenshots=given, frame=FRAMES["9:16"])
    names = []
    for points in (["No ads"], ["No ads", "Works offline"]):
        timing = Timing(0.5, (2.0,) * len(points), 0.5)
        shown = scenes(kit, copy(*points), timing)[1]
        assert wrong(shown, "9:16") == []
        names.append({mark.name for mark in shown.settled().marks})
    assert names == [{"name", "point"}, {"name", "point", "number"}]


def test_an_arabic_video_runs_the_other_way() -> None:
    lefts = {
        language: next(mark.box[0] for mark in film(language)[1].settled().marks if mark.name == "number")
        for language in ("en", "ar")
    }
    assert lefts["en"] < FRAMES["9:16"].width / 4 < FRAMES["9:16"].width / 2 < lefts["ar"]


@pytest.mark.parametrize("language", PIXELS)
def test_frames_match_the_renderer_version(language: str) -> None:
    """A change of these pixels must change `RENDERER`, so that a piece's renderer stays identifiable."""
    drawn = [scene.draw(number).tobytes() for scene in film(language) for number in (5, 40)]
    digest = hashlib.sha256(b"".join(drawn)).hexdigest()[:16]
    assert (RENDERER, digest) == ("3", PIXELS[language])
