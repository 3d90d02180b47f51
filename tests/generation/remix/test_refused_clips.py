"""Clips that no remix is made of: each is refused with its code, and no decoder sees most of them."""

import io
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from PIL import Image

from generation import ffmpeg
from generation.remix.clip import probe
from schemas.errors import ClipRefused
from tests.generation.remix.clips import H264, box, headers, make


def tiff() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (320, 240)).save(file, "TIFF")
    return file.getvalue()


def alias() -> bytes:
    """QuickTime's way to say that the data are in another file."""
    return box(b"alis", b"\0\0\0\0", b"/etc/passwd")


#: A moov whose one box is a reference to another movie.
REFERENCE = box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(
    b"moov", box(b"rmra", box(b"rmda", box(b"rdrf", bytes(12))))
)
NESTED = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"trak", b"\xff\xff\xff\xffmdia" + bytes(20)))
MANY = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"free") * 30_000)

BYTES = {
    "CLIP_EMPTY": b"",
    "CLIP_TYPE of a page": b"<!DOCTYPE html><html><body>404</body></html>",
    "CLIP_TYPE of a picture": tiff(),
    "CLIP_TYPE of seven bytes": b"\0\0\0\7ftyp"[:7],
    "CLIP_TYPE of a playlist": b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "CLIP_TYPE of a list of files": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "CLIP_TYPE of a description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "CLIP_UNSAFE by an address": headers(entry=box(b"url ", b"\0\0\0\0", b"http://127.0.0.1/a.mp4\0")),
    "CLIP_UNSAFE by an alias": headers(entry=alias()),
    "CLIP_UNSAFE by a sound's file": headers(entry=alias(), kind=b"soun"),
    "CLIP_UNSAFE by a reference": REFERENCE,
    "CLIP_TOO_LARGE": headers(size=(30_000, 30_000)),
    "CLIP_TOO_SMALL": headers(size=(320, 200)),
    "CLIP_TOO_SHORT": headers(seconds=2),
    "CLIP_NO_PICTURE": headers(kind=b"soun"),
    "CLIP_TRUNCATED in its data": headers()[:-20],
    "CLIP_TRUNCATED before its index": box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", bytes(99)),
    "CLIP_UNREADABLE boxes": NESTED,
    "CLIP_UNREADABLE by their number": MANY,
    "CLIP_UNREADABLE without data": headers(),
}


@pytest.mark.parametrize("case", BYTES)
def test_what_is_no_clip_is_refused_with_its_code(case: str, tmp_path: Path) -> None:
    path = tmp_path / "clip"
    path.write_bytes(BYTES[case])
    with pytest.raises(ClipRefused) as refused:
        probe(path)
    assert refused.value.code == case.partition(" ")[0]


def test_most_are_refused_before_any_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*arguments: str) -> ffmpeg.Said:
        raise AssertionError(arguments)

    monkeypatch.setattr(ffmpeg, "run", started)
    began = process_time()
    for case, data in BYTES.items():
        if case != "CLIP_UNREADABLE without data":
            (tmp_path / "clip").write_bytes(data)
            with pytest.raises(ClipRefused):
                probe(tmp_path / "clip")
    assert process_time() - began < len(BYTES) * 0.05


MADE: dict[str, Callable[[Path], Path]] = {
    "CLIP_TOO_SHORT by its packets": lambda path: _saying_ten_seconds(make(path, f"{H264} -t 2")),
    "CLIP_NO_PICTURE": lambda path: make(path, "-c:a aac", picture=None),
    "CLIP_TRUNCATED": lambda path: _cut(make(path, f"{H264} -movflags +faststart")),
}


def _saying_ten_seconds(path: Path) -> Path:
    """Its headers say that it is longer than it is."""
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
def test_a_clip_that_is_none_after_all_is_refused(case: str, tmp_path: Path) -> None:
    path = MADE[case](tmp_path / "clip.mp4")
    with pytest.raises(ClipRefused) as refused:
        probe(path)
    assert refused.value.code == case.partition(" ")[0]
