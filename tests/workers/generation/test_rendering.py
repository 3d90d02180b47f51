"""The process that makes a piece ends with its caller, and each of its ends has a code."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from jobs.outcomes import Failed
from schemas.errors import GenerationError
from tests.generation.svg import KILLED, svg
from tests.waiting import PATIENCE_S, until
from tests.workers.generation.pieces import draw_slideshow, list_processes, piece_request
from workers.generation import child
from workers.generation.protocol import CopyReadyReport, PieceInputHandles, RenderRefusedReport, RenderReport
from workers.generation.rendering import (
    ONE_THREAD_ENVIRONMENT,
    RENDER_TOO_COSTLY_FAILURE,
    RENDERER_CRASHED_FAILURE,
    RenderFailed,
    outcome_of_renderer_exit_code,
    render_in_child_process,
)
from workers.generation.rendering import RENDERER_KILLED_RETRY as HOST_KILLED

pytestmark = pytest.mark.timing


async def test_closing_the_reports_ends_the_process(tmp_path: Path) -> None:
    async with draw_slideshow(str(tmp_path)) as reports:
        assert isinstance(await anext(reports), CopyReadyReport)
        assert len(list_processes(str(tmp_path))) == 1
    assert list_processes(str(tmp_path)) == []


async def test_a_killed_renderer_is_retried(tmp_path: Path) -> None:
    async with draw_slideshow(str(tmp_path)) as reports:
        await anext(reports)
        os.kill(list_processes(str(tmp_path))[0], signal.SIGKILL)
        with pytest.raises(RenderFailed) as ended:
            async for _ in reports:
                pass
    assert ended.value.outcome == HOST_KILLED


def test_the_renderer_dies_with_its_worker(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.workers.generation.worker", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == b"drawing\n"
        assert len(list_processes(str(tmp_path))) == 1
        worker.kill()
        until(lambda: not list_processes(str(tmp_path)))


STARTS_ANOTHER = """
import subprocess, sys
from workers.generation.child import kill_group_when_worker_dies
sys.stdin.readline()
kill_group_when_worker_dies()
with subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL):
    print("started", flush=True)
"""


def test_its_children_die_with_it(tmp_path: Path) -> None:
    """The child program reads nothing from it, as FFmpeg reads a clip."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_ANOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        start_new_session=True, env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
    ) as renderer:  # fmt: skip
        assert renderer.stdin
        assert renderer.stdout
        renderer.stdin.write(b"\n")
        renderer.stdin.flush()
        assert renderer.stdout.readline() == b"started\n"
        until(lambda: len(list_processes(str(tmp_path))) == 2)
        renderer.stdin.close()
        assert renderer.wait(PATIENCE_S) == -signal.SIGKILL
        until(lambda: not list_processes(str(tmp_path)))


async def test_its_children_die_if_it_alone_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's OOM killer may take a single process of the group."""
    killed = tmp_path / "killed"
    killed.write_text("#!/bin/sh\nsleep 600 <&- >/dev/null 2>&1 &\nkill -9 $$\n")
    killed.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(killed))
    async with draw_slideshow(str(tmp_path)) as reports:
        with pytest.raises(RenderFailed) as ended:
            await anext(reports)
    assert ended.value.outcome == HOST_KILLED
    until(lambda: not list_processes(str(tmp_path)))


async def test_an_undrawable_piece_fails_with_its_code(tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    picture.write_bytes(b"<html>no picture</html>")
    handle = os.open(picture, os.O_RDONLY)
    given = PieceInputHandles(logo=None, screenshots=[handle], end_card=None, clip=None)
    try:
        async with aclosing(render_in_child_process(piece_request(str(tmp_path), "image", given), [handle])) as reports:
            with pytest.raises(RenderFailed) as ended:
                await anext(reports)
    finally:
        os.close(handle)
    assert isinstance(ended.value.outcome, Failed)
    assert ended.value.outcome.code == "PICTURE_TYPE"
    assert list_processes(str(tmp_path)) == []


async def test_a_drawing_that_takes_too_much_memory_fails_at_the_first_attempt(tmp_path: Path) -> None:
    """Not after four attempts: its layers are 105 MB each."""
    logo = tmp_path / "logo"
    logo.write_bytes(svg(KILLED["layers larger than the canvas"]))
    with logo.open("rb") as file:
        handles = PieceInputHandles(logo=file.fileno(), screenshots=[], end_card=None, clip=None)
        async with aclosing(
            render_in_child_process(piece_request(str(tmp_path), "image", handles), handles.all_descriptors)
        ) as reports:
            with pytest.raises(RenderFailed) as ended:
                await anext(reports)
    assert isinstance(ended.value.outcome, Failed)
    assert ended.value.outcome.code == "PICTURE_TOO_COSTLY"


@pytest.mark.parametrize("ended", [signal.SIGABRT, signal.SIGSEGV, signal.SIGXFSZ, signal.SIGSYS])
def test_a_signal_caused_by_the_piece_is_final(ended: signal.Signals) -> None:
    assert outcome_of_renderer_exit_code(-ended) == RENDERER_CRASHED_FAILURE


#: The renderer with its own limit, and perhaps with other work. It writes no bytecode (`-B`): under a file
#: size limit that would be truncated, and break later processes.
BOUNDED = """
from workers.generation import child
def busy(_):
    while True: pass
    yield
def greedy(_):
    yield bytearray(child.MAX_RENDER_MEMORY_BYTES)
{}
child.main()
"""


@pytest.mark.parametrize(
    ("bound", "ended"),
    [
        ("child.MAX_RENDER_CPU_S, child.render_requested_piece = 1, busy", RENDER_TOO_COSTLY_FAILURE),
        ("child.render_requested_piece = greedy", "OUT_OF_MEMORY"),
        ("child.MAX_RENDERED_FILE_BYTES = 1000", "DISK_FULL"),
    ],
)
def test_each_kernel_limit_has_a_code(bound: str, ended: Failed | str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-B", "-c", BOUNDED.format(bound)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        start_new_session=True, env={"TMPDIR": str(tmp_path)} | ONE_THREAD_ENVIRONMENT,
    ) as renderer:  # fmt: skip
        assert renderer.stdin
        assert renderer.stdout
        renderer.stdin.write(msgspec.json.encode(piece_request(str(tmp_path), "image")) + b"\n")
        renderer.stdin.flush()
        last = [msgspec.json.decode(line, type=RenderReport) for line in renderer.stdout][-1:]
        code = renderer.wait(PATIENCE_S)
    if isinstance(ended, Failed):
        assert (code, last) == (-signal.SIGXCPU, [])
        assert outcome_of_renderer_exit_code(code) == ended
    else:
        [short] = last
        assert isinstance(short, RenderRefusedReport)
        assert (code, short.code, short.for_now) == (0, ended, True)


NO_ROOM = RenderRefusedReport("DISK_FULL", "there was no room for the files of the piece", for_now=True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GenerationError("CLIP_TOO_SHORT", "x"), RenderRefusedReport("CLIP_TOO_SHORT", "x")),
        (GenerationError("FFMPEG_KILLED", "x"), RenderRefusedReport("FFMPEG_KILLED", "x", for_now=True)),
        (GenerationError("DISK_FULL", "x"), RenderRefusedReport("DISK_FULL", "x", for_now=True)),
        (
            MemoryError(),
            RenderRefusedReport("OUT_OF_MEMORY", "the piece took more memory than its limit", for_now=True),
        ),
        (OSError(errno.ENOSPC, "x"), NO_ROOM),
        (OSError(errno.EFBIG, "x"), NO_ROOM),
    ],
)
def test_lack_of_resources_is_distinguished_from_a_refusal(
    error: Exception, said: RenderRefusedReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> Iterator[RenderReport]:
        raise error

    monkeypatch.setattr(child, "render_requested_piece", fails)
    [report] = child.render_and_report_progress_or_failure(piece_request(str(tmp_path)))
    assert report == said


def test_any_other_error_is_internal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> Iterator[RenderReport]:
        raise OSError(errno.EIO, "x")

    monkeypatch.setattr(child, "render_requested_piece", fails)
    with pytest.raises(OSError, match="x"):
        list(child.render_and_report_progress_or_failure(piece_request(str(tmp_path))))
