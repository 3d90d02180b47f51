"""Posters: a frame with visible content, upright and small, from any decodable video."""

from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from generation import poster
from generation.remix import clip
from schemas.errors import ClipRefused
from tests.forms import first
from tests.generation.remix.clips import NO_CLIPS, make_clip
from tests.generation.remix.test_odd_clips import HDR, Odd, made

SILENT = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1"
LONG = "testsrc2=s=640x360:r=5:d=8"
#: Draws a shade over a part of the video.
SHADED = "{},drawbox=c={}:t=fill:enable='{}'"


#: A video to make; `size` is its poster's.
video = partial(Odd, options=SILENT, picture=LONG, sound=None, size=(480, 270))
VIDEOS = {
    "after a black beginning": video(picture=SHADED.format(LONG, "black", "lt(t,2.5)")),
    "of a flash of light": video(picture=SHADED.format(LONG, "white", "lt(t,1.2)+gt(t,2.5)")),
    "turned": video(turned=90, size=(270, 480)),
    "of wide pixels, in fragments": video(
        options=f"{SILENT} -vf setsar=2 -movflags +frag_keyframe+empty_moov", size=(480, 135)
    ),
    "of one small frame": video(picture="testsrc2=s=64x36:r=5:d=0.2", size=(64, 36)),
    "of ten bits": video(options=f"{SILENT} -pix_fmt yuv420p10le"),
    "of wild pixels": video(options=f"{SILENT} -vf setsar=1000", size=(480, 67)),
}


def drawn(path: Path) -> Image.Image:
    written = poster.write_video_poster(path, path.parent)
    file = path.parent / written.name
    assert (written.mime_type, written.size_bytes) == ("image/jpeg", file.stat().st_size)
    with Image.open(file, formats=["JPEG"]) as image:
        image.load()
    assert image.size == (written.width, written.height)
    return image


@pytest.mark.parametrize("case", first(4, VIDEOS))
def test_a_poster_shows_an_upright_frame_with_content(case: str, tmp_path: Path) -> None:
    image = drawn(made(VIDEOS[case], tmp_path))
    assert image.size == VIDEOS[case].size
    assert ImageStat.Stat(image.convert("L")).stddev[0] > poster.MIN_VIDEO_POSTER_LUMINANCE_DEVIATION


@pytest.mark.parametrize("transfer", sorted(clip.HDR_TRANSFER_CHARACTERISTICS))
def test_white_of_hdr_is_white_in_its_poster(transfer: str, tmp_path: Path) -> None:
    """White is 203 candelas: 58 % of the signal in PQ and 75 % in HLG (ITU-R BT.2408), over black."""
    grey = {"smpte2084": "0x949494", "arib-std-b67": "0xbfbfbf"}[transfer]
    picture = f"color=c=black:s=330x182:r=5:d=1,drawbox=w=160:c={grey}:t=fill"
    image = drawn(make_clip(tmp_path / "clip.mp4", HDR + transfer, picture=picture, sound=None))
    _, white = image.convert("L").getextrema()
    assert isinstance(white, int)
    assert 205 < white < 230


def test_a_black_video_has_a_black_poster(tmp_path: Path) -> None:
    black = make_clip(tmp_path / "clip.mp4", SILENT, picture="color=c=black:s=320x240:r=5:d=4", sound=None)
    assert drawn(black).getextrema() == ((0, 0), (0, 0), (0, 0))


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    for data in NO_CLIPS.values():
        (tmp_path / "clip").write_bytes(data)
        with pytest.raises(ClipRefused):
            poster.write_video_poster(tmp_path / "clip", tmp_path)
