"""Stickers: legible on any clip in any script, in the area that platforms leave free, and steady."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.color import measure_text_contrast
from generation.copy.captions import TextCue
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.remix import texts
from generation.remix.clip import probe_clip
from generation.remix.cut import OUTPUT_VIDEO_FPS, ClipPart
from generation.remix.framing import REMIX_FRAME_HEIGHT_PX, REMIX_FRAME_WIDTH_PX, ClipFraming, choose_clip_framing
from generation.remix.sticker import TextSticker
from generation.slides.kit import SlideKit
from generation.theme import derive_piece_color_theme
from tests.generation.remix.clips import H264, make_clip

SAID = {
    "en": ("I stopped guessing the tide 🌊", "and I always used to guess when the tide"),
    "de": ("Donaudampfschifffahrtsgesellschaft und Gezeitenvorhersage", "Ich prüfe die Gezeitenvorhersage vorher"),
    "ar": ("توقفت عن تخمين المد والجزر", "أسبح في البحر كل أسبوع، وكنت دائما أخمن"),
    "ja": ("潮の時間をもう推測しない", "いつも潮が変わる時間を推測"),
    "hi": ("अब ज्वार का अनुमान नहीं लगाना", "मैं हर हफ्ते समुद्र में तैरता हूँ"),
    "th": ("ไม่ต้องเดาเวลาน้ำขึ้นอีกต่อไป", "ฉันว่ายน้ำในทะเลทุกสัปดาห์"),
}
FRAME = PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT["9:16"]
PART = ClipPart(0, 300)
#: A clip that covers the whole frame, then a wide and a square one.
COVERED = [ClipFraming("", covered) for covered in (range(REMIX_FRAME_HEIGHT_PX), range(536, 1_144), range(300, 1_380))]
GROUNDS = [(255, 255, 255), (0, 0, 0), (11, 110, 153), (128, 128, 128)]


def kit(language: str = "en", color: str = "#0b6e99") -> SlideKit:
    return SlideKit("Tideline", derive_piece_color_theme([color]), language, "seed", frame=FRAME)


def stickers(language: str, how: ClipFraming, color: str = "#0b6e99") -> list[TextSticker]:
    hook, caption = SAID[language]
    said = [TextCue(text=caption, start=0, end=2_000), TextCue(text=hook, start=2_000, end=5_000)]
    made = kit(language, color)
    first = texts.build_hook_sticker(made, hook, PART, how)
    return [first, *texts.lay_remix_captions(made, said, PART, how, first)]


@pytest.mark.parametrize(("language", "how"), [*zip(SAID, 2 * COVERED, strict=True)], ids=str)
def test_texts_stay_in_the_area_that_platforms_leave_free(language: str, how: ClipFraming) -> None:
    hook, *said = stickers(language, how)
    for sticker in (hook, *said):
        left, _, right, _ = sticker.box
        assert FRAME.text_inset <= left < right <= REMIX_FRAME_WIDTH_PX - FRAME.text_inset
        assert not any(mark.is_cut for mark in sticker.marks)
    assert hook.box[1] >= FRAME.top
    assert hook.box[3] < min(one.box[1] for one in said)
    assert max(one.box[3] for one in said) <= texts.MAX_CAPTION_STICKER_BOTTOM_Y_PX
    assert all(len(one.marks) <= 2 for one in said)
    assert len({mark.size for one in said for mark in one.marks}) == 1


@pytest.mark.parametrize("color", ["#ffffff", "#ffd166", "#ff4b5c"])
def test_words_are_legible_on_any_clip(color: str) -> None:
    """Measure under each line's ink, on the plate over the clip."""
    for sticker in stickers("en", COVERED[0], color):
        assert min(mark.contrast for mark in sticker.marks) >= 4.5
        ground = sticker.plate
        for behind in GROUNDS:
            image = Image.new("RGB", FRAME.size, behind)
            sticker.draw(image, sticker.shown.start + 30)
            for mark in sticker.marks:
                pixels = image.crop(mark.box)
                colors = pixels.getcolors(1 << 20) or []
                share = sum(count for count, one in colors if one == ground) / pixels.width / pixels.height
                assert share > 0.3
                assert measure_text_contrast(Image.new("RGB", (9, 9), ground), _ink(pixels, ground)) >= 4.5


def _ink(pixels: Image.Image, ground: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the color farthest from the plate's, from the middle of the letters."""
    seen = np.asarray(pixels).reshape(-1, 3).astype(int)
    far = seen[np.abs(seen - ground).sum(axis=1).argmax()]
    return int(far[0]), int(far[1]), int(far[2])


def test_a_sticker_is_visible_only_in_its_frames() -> None:
    sticker = texts.build_hook_sticker(kit(), "Know the tide", PART, COVERED[0])
    plain = Image.new("RGB", FRAME.size, (90, 90, 90))
    assert sticker.shown == range(round(texts.MIN_HOOK_STICKER_SECONDS * OUTPUT_VIDEO_FPS))
    for number, is_there in ((-1, False), (0, True), (50, True), (sticker.shown.stop, False)):
        image = plain.copy()
        sticker.draw(image, number)
        assert (image != plain) == is_there


def test_a_long_hook_stays_as_long_as_it_takes_to_read() -> None:
    long = texts.build_hook_sticker(
        kit(), "Never again stand before a harbour that fell dry two hours ago, as I did", PART, COVERED[0]
    )
    assert len(long.shown) > texts.MIN_HOOK_STICKER_SECONDS * OUTPUT_VIDEO_FPS
    assert len(texts.build_hook_sticker(kit(), "x " * 1_000, PART, COVERED[0]).shown) == PART.frames


def test_captions_outside_of_the_part_are_left_out() -> None:
    said = [
        TextCue(text="a", start=0, end=900),
        TextCue(text="b", start=900, end=2_500),
        TextCue(text="c", start=9_000, end=9_900),
    ]
    part = ClipPart(30, 60)
    hook = texts.build_hook_sticker(kit(), "Know the tide", part, COVERED[0])
    shown = texts.lay_remix_captions(kit(), said, part, COVERED[0], hook)
    assert [one.shown for one in shown] == [range(45)]


@pytest.mark.parametrize("size", [(360, 640), (480, 640), (640, 360)], ids=str)
@pytest.mark.parametrize("place", [0.15, 0.4, 0.65])
def test_a_sticker_leaves_the_subject_free(place: float, size: tuple[int, int], tmp_path: Path) -> None:
    """The subject is a moving test picture, a fifth as high as the clip, on a grainy wall."""
    width, height = size
    top = round(place * height)
    picture = (
        f"color=0x8899aa:s={width}x{height}:r=30:d=4,noise=c0s=6:c0f=t[wall];"
        f"testsrc2=s={width // 4}x{height // 5}:r=30:d=4[one];[wall][one]overlay=x={width * 3 // 8}:y={top}"
    )
    clip = probe_clip(make_clip(tmp_path / "clip.mp4", H264, picture=picture))
    part = ClipPart(0, 118)
    how = choose_clip_framing(clip, part)
    said = [TextCue(text=SAID["en"][1], start=0, end=3_000)]
    hook = texts.build_hook_sticker(kit(), SAID["en"][0], part, how)
    subject = range(round(place * REMIX_FRAME_HEIGHT_PX), round((place + 0.2) * REMIX_FRAME_HEIGHT_PX))
    for sticker in (hook, *texts.lay_remix_captions(kit(), said, part, how, hook)):
        _, upper, _, lower = sticker.box
        assert lower <= subject.start or upper >= subject.stop
        assert FRAME.top <= upper < lower <= texts.MAX_CAPTION_STICKER_BOTTOM_Y_PX
