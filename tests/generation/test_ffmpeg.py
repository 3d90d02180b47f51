"""FFmpeg as a subprocess: explicit arguments, an end on each path, a code for each failure."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generation.ffmpeg import (
    FfmpegLimits,
    build_ffmpeg_input_from_file_path,
    build_ffmpeg_raw_frame_input,
    find_ffmpeg_program,
    run_ffmpeg,
    start_ffmpeg_encoder,
    stream_ffmpeg_output,
)
from schemas.errors import GenerationError
from tests.process_tree import alive, descendants
from tests.waiting import until

SIZE = (32, 16)
FRAME = SIZE[0] * SIZE[1] * 3
#: Prints the id of its encoder, then feeds the encoder until it is ended.
ENDLESS = """
import sys
from pathlib import Path
from generation.ffmpeg import build_ffmpeg_raw_frame_input, start_ffmpeg_encoder
frames = build_ffmpeg_raw_frame_input((32, 16), 30)
with start_ffmpeg_encoder(*frames, "-c:v", "ffv1", "-f", "nut", f"file:{sys.argv[1]}") as feed:
    print(feed._process.pid, flush=True)
    while True:
        feed.write_frame(bytes(1536))
"""


def frames(count: int) -> list[bytes]:
    return [bytes((number * 7 + at) % 256 for at in range(FRAME)) for number in range(count)]


def kept(folder: Path) -> list[str]:
    """Return arguments for a lossless file."""
    return ["-c:v", "ffv1", "-pix_fmt", "bgr0", "-f", "nut", f"file:{folder / 'made'}"]


def children() -> set[int]:
    return set(descendants(os.getpid()))


def test_fed_frames_are_read_back_unchanged(tmp_path: Path) -> None:
    with start_ffmpeg_encoder(*build_ffmpeg_raw_frame_input(SIZE, 30), *kept(tmp_path)) as feed:
        for frame in frames(5):
            feed.write_frame(frame)
    read = stream_ffmpeg_output(
        FRAME, *build_ffmpeg_input_from_file_path(tmp_path / "made", "nut"), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"
    )
    assert [*read] == frames(5)


def test_an_error_while_drawing_ends_the_encoder(tmp_path: Path) -> None:
    def drawing() -> None:
        with start_ffmpeg_encoder(*build_ffmpeg_raw_frame_input(SIZE, 30), *kept(tmp_path)) as feed:
            feed.write_frame(bytes(FRAME))
            raise ZeroDivisionError

    before = children()
    with pytest.raises(ZeroDivisionError):
        drawing()
    assert not children() - before


@pytest.mark.parametrize(
    ("by", "code"), [(signal.SIGKILL, "FFMPEG_KILLED"), (signal.SIGXCPU, "TOO_COSTLY"), (signal.SIGXFSZ, "DISK_FULL")]
)
def test_a_dead_encoder_raises_its_code_and_leaves_no_process(by: signal.Signals, code: str, tmp_path: Path) -> None:
    def feeding() -> None:
        with start_ffmpeg_encoder(*build_ffmpeg_raw_frame_input(SIZE, 30), *kept(tmp_path)) as feed:
            (encoder,) = children() - before
            os.kill(encoder, by)
            while True:
                feed.write_frame(bytes(FRAME))

    before = children()
    with pytest.raises(GenerationError) as told:
        feeding()
    assert told.value.code == code
    assert not children() - before


def test_a_reader_that_stops_early_ends_the_decoder(tmp_path: Path) -> None:
    before = children()
    noise = ["-f", "lavfi", "-i", f"color=s={SIZE[0]}x{SIZE[1]}"]
    read = stream_ffmpeg_output(FRAME, *noise, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    assert len(next(read)) == FRAME
    read.close()
    assert not children() - before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-f", "lavfi", "-i", "color=d=1", "-f", "nut", "file:/dev/full"], "DISK_FULL"),
        (["-f", "lavfi", "-i", "colour=d=1", "-f", "null", "-"], "FFMPEG_FAILED"),
    ],
)
def test_failures_have_codes(arguments: list[str], code: str) -> None:
    with pytest.raises(GenerationError) as told:
        run_ffmpeg(*arguments)
    assert told.value.code == code


def test_stderr_is_bounded_and_counted() -> None:
    said = run_ffmpeg("-v", "info", "-f", "lavfi", "-i", "color=s=32x16:d=20", "-vf", "showinfo", "-f", "null", "-")
    assert said.line_count > 500 > len(said.lines)


@pytest.mark.parametrize("text", ["#EXTM3U\n#EXTINF:1,\n{0}\n", "ffconcat version 1.0\nfile {0}\n"])
def test_no_playlist_is_followed(tmp_path: Path, text: str) -> None:
    with start_ffmpeg_encoder(*build_ffmpeg_raw_frame_input(SIZE, 30), *kept(tmp_path)) as feed:
        feed.write_frame(bytes(FRAME))
    listing = tmp_path / "list.mp4"
    listing.write_text(text.format(tmp_path / "made"))
    with pytest.raises(GenerationError, match=r"moov|Invalid"):
        run_ffmpeg(*build_ffmpeg_input_from_file_path(listing, "mov"), "-f", "null", "-")


def test_ffmpeg_inherits_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFREPORT would make FFmpeg write a report of the run."""
    find_ffmpeg_program()  # imageio-ffmpeg locates FFmpeg once, with the whole environment
    monkeypatch.setenv("FFREPORT", f"file={tmp_path / 'report'}")
    run_ffmpeg("-f", "lavfi", "-i", "color=d=1", "-f", "null", "-")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("whole_group", [True, False])
def test_an_encoder_ends_with_its_feeding_process(tmp_path: Path, *, whole_group: bool) -> None:
    feeding = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path / "made")], stdout=subprocess.PIPE, start_new_session=True
    )
    with feeding:
        encoder = int((feeding.stdout or sys.stdin.buffer).readline())
        assert alive(encoder)
        if whole_group:
            os.killpg(feeding.pid, signal.SIGKILL)
        else:
            feeding.kill()
        until(lambda: not alive(encoder))


def test_an_input_beyond_its_cpu_limit_ends_the_run() -> None:
    """A second of CPU, since the kernel limits it in whole seconds."""
    endless = ["-f", "lavfi", "-i", "testsrc2=s=1920x1080", "-f", "null", "-"]
    with pytest.raises(GenerationError) as refused:
        run_ffmpeg(*endless, bounds=FfmpegLimits(1, 2 << 30))
    assert refused.value.code == "INPUT_TOO_COSTLY"
