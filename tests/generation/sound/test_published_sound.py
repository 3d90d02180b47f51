"""Published sound: encoded as in a video, and measured by FFmpeg, independently of the product.

Players normalize music to -14 LUFS and require a true peak of -1 dB at most (YouTube and Spotify); the tests
keep a margin of 0.3 dB. Music under speech is 20 dB softer (WCAG 2.2, 1.4.7:
https://www.w3.org/TR/WCAG22/#low-or-no-background-audio).
"""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from generation import ffmpeg
from generation.sound.bed import compose_music_bed
from generation.sound.loudness import measure_loudness_lufs
from generation.sound.speech import synthesize_speech_of_texts
from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ, StereoSound
from generation.sound.track import PAUSE_BEFORE_SPEECH_S, min_speech_scene_seconds, mix_video_sound_track
from generation.timing import plan_video_timing
from generation.video.mp4 import SOUND_ENCODING_OPTIONS

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

SEEDS = tuple(map(str, range(3)))
TEXTS = ("Know the tide before you go", "See high and low water", "No account is needed", "Try Tideline")
MEASURES = "ebur128=peak=true:framelog=quiet,astats=measure_perchannel=none:measure_overall=DC_offset"
SAID = (r"I:\s+(-[\d.]+) LUFS", r"Peak:\s+(-?[\d.]+) dBFS", r"DC offset: (-?[\d.]+)")


class Measured(NamedTuple):
    """Loudness in LUFS, true peak in dB, and DC offset as a share of full scale."""

    loudness: float
    peak: float
    offset: float


def published(sound: StereoSound, path: Path) -> Measured:
    program = [ffmpeg.find_ffmpeg_program(), "-hide_banner", "-nostats", "-y"]
    raw = f"-f f32le -ar {SOUND_SAMPLE_RATE_HZ} -ac 2 -i pipe:0 {SOUND_ENCODING_OPTIONS}".split()
    pcm = sound.T.astype("<f4").tobytes()
    subprocess.run([*program, *raw, str(path)], input=pcm, check=True, capture_output=True)
    reading = [*program, "-i", str(path), "-af", MEASURES, "-f", "null", "-"]
    said = subprocess.run(reading, check=True, capture_output=True).stderr.decode()
    return Measured(*(float(re.findall(pattern, said)[-1]) for pattern in SAID))


def check(sound: StereoSound, path: Path) -> None:
    """Check loudness, peak and DC offset, sound from the first second on, and silence at the very end."""
    measured = published(sound, path)
    assert measured.loudness == pytest.approx(-14, abs=0.5)
    assert measured.peak <= -1.3
    assert abs(measured.offset) < 0.002
    assert np.abs(sound[:, -SOUND_SAMPLE_RATE_HZ // 20 :]).max() < 0.01
    assert measure_loudness_lufs(sound[:, :SOUND_SAMPLE_RATE_HZ]) > -24


def test_music_has_the_loudness_of_players(tmp_path: Path) -> None:
    for seed in SEEDS:
        check(mix_video_sound_track(plan_video_timing(TEXTS[0], TEXTS[1:3], 12), seed), tmp_path / "sound.m4a")


def test_speech_is_as_loud_and_its_music_far_below(tmp_path: Path) -> None:
    speech = synthesize_speech_of_texts(TEXTS, "en", "heart")
    lasts = plan_video_timing(TEXTS[0], TEXTS[1:3], 12, min_speech_scene_seconds(speech))
    at = round(PAUSE_BEFORE_SPEECH_S * SOUND_SAMPLE_RATE_HZ)
    said = slice(at, at + len(speech[0]))
    for seed in SEEDS:
        made = mix_video_sound_track(lasts, seed, speech)
        music = compose_music_bed(lasts.total_s, seed, lasts.cut_times_s)
        check(made, tmp_path / "sound.m4a")
        behind = measure_loudness_lufs(music[:, said] * width(made[:, said]) / width(music[:, said]))
        assert measure_loudness_lufs(made[:, said]) - behind > 19.5


def width(sound: StereoSound) -> float:
    """Measure the difference of the channels: music alone, since speech is in the middle."""
    return float((sound[0] - sound[1]).std())
