"""Refused clips: each has its code, and most never reach a decoder."""

from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from generation import ffmpeg
from generation.remix.clip import probe
from schemas.errors import ClipRefused
from tests.generation.remix.clips import H264, NO_CLIPS, make_clip


def test_most_clips_are_refused_before_ffmpeg_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*arguments: str) -> ffmpeg.FfmpegResult:
        raise AssertionError(arguments)

    monkeypatch.setattr(ffmpeg, "run", started)
    began = process_time()
    for case, data in NO_CLIPS.items():
        if case != "CLIP_UNREADABLE without data":
            (tmp_path / "clip").write_bytes(data)
            with pytest.raises(ClipRefused):
                probe(tmp_path / "clip")
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
        probe(path)
    assert refused.value.code == case.partition(" ")[0]
