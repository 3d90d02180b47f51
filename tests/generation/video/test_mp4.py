"""MP4 of a video: valid for the platforms, complete or deleted."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.ffmpeg import build_ffmpeg_input_from_file_path, run_ffmpeg
from generation.sound.bed import compose_music_bed
from generation.sound.loudness import normalize_to_target_loudness
from generation.sound.synthesis import StereoSound
from generation.video.mp4 import encode_mp4
from schemas.errors import GenerationError
from tests.generation.video.checks import CHECKS, Film, faults

SIZE, FRAMES = (108, 192), 75
#: Arguments that make each of the checks fail.
KEPT = ["-map_metadata", "-1", "-fflags", "+bitexact", "-movflags", "+faststart", "-brand", "mp42"]
X264 = ["-c:v", "libx264", "-threads", "1", "-g", "60"]
BROKEN = {
    "one picture and one sound in an MP4": ["-c", "copy", *KEPT, "-brand", "isom"],
    "index before what it is of": ["-c", "copy", *KEPT, "-movflags", "-faststart"],
    "H.264 High at level 4.0 or less": [*X264, *KEPT, "-c:a", "copy", "-profile:v", "baseline"],
    "8 bits, 4:2:0, progressive": [*X264, *KEPT, "-c:a", "copy", "-pix_fmt", "yuv444p"],
    "colors of bt709 in the narrow range": [
        *X264, *KEPT, "-c:a", "copy", "-vf", "scale=out_color_matrix=bt601", "-colorspace", "smpte170m"
    ],
    "no edit list, and colors in the index": [*X264, *KEPT, "-c:a", "copy", "-bf", "3"],
    "its size, upright, square pixels": [*X264, *KEPT, "-c:a", "copy", "-vf", "scale=96:192"],
    "the same time for each picture": [
        *X264, *KEPT, "-c:a", "copy", "-vf", "setpts='N*512+gt(N,40)*700'", "-fps_mode", "passthrough"
    ],
    "closed groups of pictures": [
        *X264, *KEPT, "-c:a", "copy", "-g", "20", "-x264-params", "open-gop=1:scenecut=0:bframes=3"
    ],
    "a key picture in every two seconds": [*X264, *KEPT, "-c:a", "copy", "-g", "250", "-sc_threshold", "0"],
    "AAC-LC at 48 kHz in stereo": ["-c:v", "copy", *KEPT, "-c:a", "aac", "-ar", "44100"],
    "all pictures, and sound as long as they are": [*X264, *KEPT, "-c:a", "copy", "-frames:v", "60"],
    "loudness of -14 LUFS": ["-c:v", "copy", *KEPT, "-c:a", "aac", "-af", "volume=-6dB"],
    "peaks of -1.3 dB at most": ["-c:v", "copy", *KEPT, "-c:a", "aac", "-af", "volume=9dB"],
    "nothing of who made it and when": ["-c", "copy", "-metadata", "creation_time=2026-11-27T10:00:00Z"],
}  # fmt: skip


def pictures(count: int) -> Iterator[Image.Image]:
    gradient = Image.linear_gradient("L").resize(SIZE)
    for number in range(count):
        yield Image.merge("RGB", (gradient, gradient.rotate(180), Image.new("L", SIZE, number)))


@pytest.fixture(scope="module")
def sound() -> StereoSound:
    return normalize_to_target_loudness(compose_music_bed(FRAMES / 30, "seed", [1.5]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sound: StereoSound) -> Path:
    path = tmp_path_factory.mktemp("mp4") / "made.mp4"
    assert [*encode_mp4(path, SIZE, pictures(FRAMES), sound)] == [*range(1, FRAMES + 1)]
    return path


def test_a_video_is_valid_for_the_platforms(made: Path) -> None:
    assert faults(Film(made, SIZE, FRAMES)) == []
    assert [*made.parent.iterdir()] == [made]


@pytest.mark.long
@pytest.mark.parametrize("name", CHECKS)
def test_each_check_finds_its_violation(made: Path, name: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    run_ffmpeg(*build_ffmpeg_input_from_file_path(made, "mov"), *BROKEN[name], "-f", "mp4", f"file:{broken}")
    assert not CHECKS[name](Film(broken, SIZE, FRAMES))


def test_the_same_pictures_give_the_same_bytes(made: Path, sound: StereoSound, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    assert list(encode_mp4(again, SIZE, pictures(FRAMES), sound))
    assert again.read_bytes() == made.read_bytes()


def test_a_drawing_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def failing() -> Iterator[Image.Image]:
        yield from pictures(3)
        raise GenerationError("SOME_CODE", "no fourth one")

    with pytest.raises(GenerationError, match="no fourth one"):
        list(encode_mp4(tmp_path / "made.mp4", SIZE, failing(), np.zeros((2, 4_800))))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_has_its_code(tmp_path: Path) -> None:
    (tmp_path / "made.mp4").symlink_to("/dev/full")
    with pytest.raises(GenerationError) as told:
        list(encode_mp4(tmp_path / "made.mp4", SIZE, pictures(9), np.zeros((2, 14_400))))
    assert told.value.code == "DISK_FULL"
    assert list(tmp_path.iterdir()) == []
