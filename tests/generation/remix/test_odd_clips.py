"""Unusual clips from phones and programs: each property is detected and compensated."""

from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np
import pytest

from generation import ffmpeg
from generation.remix.clip import ProbedClip, hdr_to_sdr_video_filters, probe_clip
from generation.remix.cut import ClipPart
from generation.remix.framing import REMIX_FRAME_HEIGHT_PX, REMIX_FRAME_WIDTH_PX, choose_clip_framing
from schemas.errors import ClipRefused
from tests.forms import first
from tests.generation.remix.clips import H264, NO_CLIPS, PICTURE, make_clip, remade

HDR = (
    "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -tag:v hvc1 -c:a aac -x265-params "
    "log-level=none:pools=none:frame-threads=1:colorprim=bt2020:colormatrix=bt2020nc:transfer="
)


class Odd(NamedTuple):
    """A clip to make, and its detected properties: displayed width and height, and sound."""

    options: str = H264
    picture: str = PICTURE
    sound: str | None = "sine=d=4"
    turned: int | None = None
    size: tuple[int, int] = (320, 240)


ODD = {
    "without sound": Odd(sound=None),
    "with six channels": Odd(sound="aevalsrc='0|0|0.3*sin(440*t)|0|0|0':d=4:c=5.1"),
    "of a variable rate": Odd(f"{H264} -vf select='not(mod(n\\,7))+lt(n\\,30)' -fps_mode vfr"),
    "turned": Odd(turned=90, size=(240, 320)),
    "of ten bits": Odd(f"{H264} -pix_fmt yuv420p10le"),
    "of odd sides": Odd(f"{H264} -vf scale=321:243,setsar=1 -pix_fmt yuv444p", size=(321, 243)),
    "of 120 frames a second": Odd(picture="testsrc2=s=320x240:r=120:d=4"),
    "interlaced": Odd(f"{H264} -flags +ildct+ilme -x264-params tff=1 -vf setfield=tff"),
    "of wide pixels": Odd(f"{H264} -vf setsar=4/3", size=(427, 240)),
    "with an edit list": Odd(f"{H264} -bf 2 -output_ts_offset 1.5"),
    "in fragments": Odd(f"{H264} -movflags +frag_keyframe+empty_moov"),
    "in PQ": Odd(HDR + "smpte2084"),
    "in HLG": Odd(HDR + "arib-std-b67"),
    "in full range": Odd(f"{H264} -pix_fmt yuvj420p -color_range pc"),
}


def made(odd: Odd, folder: Path) -> Path:
    path = make_clip(folder / "clip.mp4", odd.options, picture=odd.picture, sound=odd.sound)
    if odd.turned is None:
        return path
    return remade(path, folder / "turned.mp4", f"-display_rotation {odd.turned}")


def frames(clip: ProbedClip, count: int) -> list[np.ndarray]:
    arguments = choose_clip_framing(clip, ClipPart(15, count)).ffmpeg_arguments
    source = clip.ffmpeg_input_arguments(0.5, count / 30)
    pieces = ffmpeg.stream_ffmpeg_output(
        REMIX_FRAME_WIDTH_PX * REMIX_FRAME_HEIGHT_PX * 3,
        *source,
        *arguments,
        "-frames:v",
        str(count),
        "-f",
        "rawvideo",
        "-",
    )
    return [np.frombuffer(piece, np.uint8).reshape(REMIX_FRAME_HEIGHT_PX, REMIX_FRAME_WIDTH_PX, 3) for piece in pieces]


@pytest.mark.parametrize("case", first(6, ODD))
def test_an_unusual_clip_is_detected_and_decoded(case: str, tmp_path: Path) -> None:
    odd = ODD[case]
    clip = probe_clip(made(odd, tmp_path))
    assert (clip.width, clip.height) == odd.size
    assert clip.has_sound == (odd.sound is not None)
    assert 3.5 <= clip.scanned <= 6
    assert clip.is_interlaced == (case == "interlaced")
    assert bool(hdr_to_sdr_video_filters(clip.transfer)) == case.startswith(("in PQ", "in HLG"))
    [shown] = frames(clip, 1)
    assert 20 < shown.mean() < 235
    assert shown.std() > 10


@pytest.mark.timing
def test_most_clips_are_refused_before_ffmpeg_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*arguments: str) -> ffmpeg.FfmpegResult:
        raise AssertionError(arguments)

    monkeypatch.setattr(ffmpeg, "run_ffmpeg", started)
    began = process_time()
    for case, data in NO_CLIPS.items():
        if case != "CLIP_UNREADABLE without data":
            (tmp_path / "clip").write_bytes(data)
            with pytest.raises(ClipRefused):
                probe_clip(tmp_path / "clip")
    assert process_time() - began < len(NO_CLIPS) * 0.05


MADE: dict[str, Callable[[Path], Path]] = {
    "CLIP_TOO_SHORT by its packets": lambda path: _saying_ten_seconds(make_clip(path, f"{H264} -t 2")),
    "CLIP_NO_PICTURE": lambda path: make_clip(path, "-c:a aac", picture=None),
    "CLIP_TRUNCATED": lambda path: _cut(make_clip(path, f"{H264} -movflags +faststart")),
}


def _saying_ten_seconds(path: Path) -> Path:
    """Return a file with headers that claim a longer duration than its own."""
    data = bytearray(path.read_bytes())
    at = 0
    while (at := data.find(b"mdhd", at + 1)) >= 0:
        scale = int.from_bytes(data[at + 16 : at + 20])
        data[at + 20 : at + 24] = (scale * 10).to_bytes(4)
    path.write_bytes(data)
    return path


def _cut(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return path


@pytest.mark.parametrize("case", MADE)
def test_a_clip_with_false_headers_is_refused(case: str, tmp_path: Path) -> None:
    path = MADE[case](tmp_path / "clip.mp4")
    with pytest.raises(ClipRefused) as refused:
        probe_clip(path)
    assert refused.value.code == case.partition(" ")[0]
