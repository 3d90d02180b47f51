"""Whole remixes, from spec and clip to the file: valid for the platforms, and within limits."""

import resource
import subprocess
import sys
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import pytest

from generation.copy.captions import ClipTimeSpan
from generation.outputs import RenderedFile
from generation.remix import remix
from generation.remix.clip import probe_clip
from generation.remix.cut import ClipPart
from generation.remix.framing import choose_clip_framing
from generation.remix.remix import speech_spans_within_clip_part
from generation.remix.sound import (
    MUSIC_AFTER_CLIP_DB,
    MUSIC_BETWEEN_WORDS_DB,
    MUSIC_UNDER_SPEECH_DB,
    ducked_music_gains_db,
)
from generation.render import PieceInputFiles, prepare_piece
from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ
from generation.spec import BrandSnapshot, PieceSpec
from generation.video.end_card import build_end_card_scene
from schemas.errors import ClipRefused, GenerationError
from tests.generation.remix.clips import H264, flipped, make_clip
from tests.generation.remix.test_odd_clips import ODD
from tests.generation.remix.test_odd_clips import made as odd_clip
from tests.generation.slides.test_deck import copy
from tests.generation.video.checks import Film, faults
from tests.generation.video.test_video import photo

SPEC = PieceSpec(format="ugc_remix", brand=BrandSnapshot(name="Tideline", colors=["#0b6e99"]), seed="tide", seconds=8)
#: A square that moves over a grainy wall, and a voice with pauses, 1080p.
WIDE = (
    "color=0x8899aa:s=1920x1080:r=30:d=16,noise=c0s=6:c0f=t[wall];testsrc2=s=420x900:r=30:d=16[one];"
    "[wall][one]overlay=x='200+900*clip((t-6)/3,0,1)':y=120"
)
VOICE = "aevalsrc='0.4*sin(1200*t)*gt(mod(t,4),0.8)':d=16:s=48000"
TALL = "testsrc2=s=240x320:r=30:d=4"
#: Clips to render whole. Sound and picture are decoded apart, so one clip is unusual in both.
UNUSUAL = {
    "in PQ": ODD["in PQ"],
    "interlaced with six channels": ODD["interlaced"]._replace(sound=ODD["with six channels"].sound),
}


def remake(spec: PieceSpec, clip: Path, folder: Path) -> RenderedFile:
    *_, last = prepare_piece(spec, copy("No ads"), PieceInputFiles(clip=clip)).render_files_and_yield_progress(folder)
    assert last.made
    return last.made


def measured(spec: PieceSpec, clip: Path, folder: Path) -> tuple[RenderedFile, float, int]:
    """Make a remix in a process of its own; return the CPU seconds and KiB of it and its programs.

    The kernel counts a program as at least as large as the process that started it. So the renderer's own
    peak is read from its address space instead of `getrusage`: the tests' process may be larger. For its
    programs that rule gives more than the decoder takes while the encoder runs.
    """
    script = (
        "import re, resource, sys; from pathlib import Path; import msgspec;"
        "from generation.spec import PieceSpec;"
        "from tests.generation.remix.test_whole_remix import remake;"
        "made = remake(msgspec.json.decode(sys.argv[1], type=PieceSpec), Path(sys.argv[2]), Path(sys.argv[3]));"
        "mine, others = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN));"
        "peak = re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text());"
        "took = (mine.ru_utime + others.ru_utime, int(peak[1]) + others.ru_maxrss);"
        "print(msgspec.json.encode((made, *took)).decode())"
    )
    words = [sys.executable, "-c", script, msgspec.json.encode(spec).decode(), str(clip), str(folder)]
    ran = subprocess.run(words, check=True, capture_output=True)
    return msgspec.json.decode(ran.stdout, type=tuple[RenderedFile, float, int])


def test_a_remix_needs_a_clip() -> None:
    with pytest.raises(GenerationError) as refused:
        prepare_piece(SPEC, copy("No ads"), PieceInputFiles())
    assert refused.value.code == "CLIP_MISSING"


@pytest.mark.long
@pytest.mark.first
def test_a_whole_remix_is_valid_for_every_platform(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", f"{H264} -b:v 12M", picture=WIDE, sound=VOICE)
    spoken = "I swim every week. I used to guess the tide. Now I look it up before I go, and it just works."
    (tmp_path / "made").mkdir()
    spec = PieceSpec(format="ugc_remix", brand=SPEC.brand, seed="tide", seconds=12, transcript=spoken, language="en")
    made, cpu, peak_kb = measured(spec, clip, tmp_path / "made")
    assert made.duration_ms
    assert 8_000 < made.duration_ms <= 12_034
    frames = round(made.duration_ms * 30 / 1000)
    assert faults(Film(tmp_path / "made" / made.name, (1080, 1920), frames)) == []
    assert {one.name for one in (tmp_path / "made").iterdir()} == {made.name, made.thumbnail}
    assert min(line.contrast for line in made.shown) >= 4.5
    assert {"hook", "caption", "name"} <= {line.name for line in made.shown}
    assert cpu < 50
    assert peak_kb < 900 << 10


@pytest.mark.long
@pytest.mark.first
@pytest.mark.parametrize("case", UNUSUAL)
def test_an_unusual_clip_becomes_a_valid_post_within_limits(case: str, tmp_path: Path) -> None:
    clip = odd_clip(UNUSUAL[case], tmp_path)
    (tmp_path / "made").mkdir()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = remake(SPEC, clip, tmp_path / "made")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert made.duration_ms
    film = Film(tmp_path / "made" / made.name, (1080, 1920), round(made.duration_ms * 30 / 1000))
    assert faults(film) == []
    assert after.ru_utime - before.ru_utime < 40


@pytest.mark.long
@pytest.mark.first
def test_ninety_seconds_of_an_hour_are_analyzed(tmp_path: Path) -> None:
    picture = "color=0x406080:s=320x240:r=2:d=3600"
    # To encode an hour of a tone would take 25 s.
    sound = "sine=r=8000:d=90,apad=whole_dur=3600"
    clip = make_clip(tmp_path / "clip.mp4", H264, picture=picture, sound=sound)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    piece = prepare_piece(SPEC, copy("No ads"), PieceInputFiles(clip=clip))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert piece.clip.scanned == 90  # type: ignore[attr-defined]
    assert piece.clip.seconds == pytest.approx(3600, abs=1)  # type: ignore[attr-defined]
    assert after.ru_utime - before.ru_utime < 3


def count(path: Path, part: ClipPart, most: int) -> int:
    """Count the distinct frames of a clip's part."""
    clip = probe_clip(path)
    return len(
        {
            picture.tobytes()
            for picture in islice(remix.yield_clip_frames_in_9_16(clip, part, choose_clip_framing(clip, part)), most)
        }
    )


@pytest.mark.long
def test_the_card_covers_the_clips_last_frames(tmp_path: Path) -> None:
    clip = probe_clip(make_clip(tmp_path / "clip.mp4", picture=TALL))
    part = ClipPart(0, remix.END_CARD_TRANSITION_FRAMES + 3)
    card = build_end_card_scene(photo(1), (1080, 1920), (9, 9, 9), 1.0)
    pictures = remix.render_remix_frames(clip, part, choose_clip_framing(clip, part), [], card)
    assert len({picture.tobytes() for picture in pictures}) == remix.END_CARD_TRANSITION_FRAMES + 3


def test_a_clip_that_ends_a_little_sooner_stands_still(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", picture=TALL)
    assert count(path, ClipPart(108, 13), 13) == 12
    with pytest.raises(ClipRefused) as refused:
        count(path, ClipPart(108, 40), 40)
    assert refused.value.code == "CLIP_TRUNCATED"


def test_little_damage_is_shown_and_much_is_refused(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "clip.mp4", f"{H264} -g 30 -movflags +faststart", picture=TALL, sound=None)
    data, damaged = whole.read_bytes(), tmp_path / "damaged.mp4"
    damaged.write_bytes(flipped(data, 1, after=len(data) // 2))
    assert count(damaged, ClipPart(50, 12), 12) > 8
    damaged.write_bytes(flipped(data, 400, after=4_000))
    with pytest.raises(ClipRefused) as refused:
        count(damaged, ClipPart(0, 110), 110)
    assert refused.value.code == "CLIP_DAMAGED"


def test_the_bed_gives_way_to_speech_and_is_alone_at_the_end() -> None:
    talk = [ClipTimeSpan(start=0, end=1_500), ClipTimeSpan(start=2_500, end=4_000)]
    gains = ducked_music_gains_db(talk, 4.0, round(6.5 * SOUND_SAMPLE_RATE_HZ))
    assert [gains[round(at * SOUND_SAMPLE_RATE_HZ)] for at in (0, 1.4, 2, 3, 4.4, 6)] == pytest.approx(
        [
            MUSIC_UNDER_SPEECH_DB,
            MUSIC_UNDER_SPEECH_DB,
            MUSIC_BETWEEN_WORDS_DB,
            MUSIC_UNDER_SPEECH_DB,
            MUSIC_AFTER_CLIP_DB,
            MUSIC_AFTER_CLIP_DB,
        ]
    )
    assert np.abs(np.diff(gains)).max() * SOUND_SAMPLE_RATE_HZ < 120


def test_speech_is_counted_from_the_parts_beginning() -> None:
    talk = [ClipTimeSpan(start=0, end=900), ClipTimeSpan(start=1_500, end=5_000)]
    assert speech_spans_within_clip_part(talk, ClipPart(30, 60)) == [ClipTimeSpan(start=500, end=2_000)]
