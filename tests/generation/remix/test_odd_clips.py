"""Unusual clips from phones and programs: each property is detected and compensated."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from generation import ffmpeg
from generation.remix import hdr
from generation.remix.clip import Clip, probe
from generation.remix.cut import Cut
from generation.remix.framing import HEIGHT, WIDTH, framing
from tests.forms import first
from tests.generation.remix.clips import H264, PICTURE, make_clip, remade

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


def frames(clip: Clip, count: int) -> list[np.ndarray]:
    arguments = framing(clip, Cut(15, count)).arguments
    source = clip.source(0.5, count / 30)
    pieces = ffmpeg.decoded(
        WIDTH * HEIGHT * 3, *source, *arguments, "-frames:v", str(count), "-f", "rawvideo", "-"
    )
    return [np.frombuffer(piece, np.uint8).reshape(HEIGHT, WIDTH, 3) for piece in pieces]


@pytest.mark.parametrize("case", first(6, ODD))
def test_an_unusual_clip_is_detected_and_decoded(case: str, tmp_path: Path) -> None:
    odd = ODD[case]
    clip = probe(made(odd, tmp_path))
    assert (clip.width, clip.height) == odd.size
    assert clip.has_sound == (odd.sound is not None)
    assert 3.5 <= clip.scanned <= 6
    assert clip.is_interlaced == (case == "interlaced")
    assert bool(hdr.sdr_filters(clip.transfer)) == case.startswith(("in PQ", "in HLG"))
    [shown] = frames(clip, 1)
    assert 20 < shown.mean() < 235
    assert shown.std() > 10
