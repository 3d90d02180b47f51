"""The process that makes one piece, portrait or poster: `python -m workers.generation.child`.

It gets its spec, descriptors of its input files, a folder and the path of FFmpeg: no storage, no database.
The kernel limits it and all processes that it starts. They have no network, and no other file than those of
the system and of that folder. When its worker dies or cancels it, the kernel kills its whole group.
"""

import errno
import fcntl
import os
import resource
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from generation import ffmpeg
from generation.confinement.confine import confine_process
from generation.copy.write import write_piece_copy
from generation.picture_limits import MAX_PICTURE_BYTES
from generation.poster import write_video_poster
from generation.render import PieceInputFiles, prepare_piece, render_portrait_files, unused_logo_warnings
from schemas.errors import GenerationError
from workers.generation.protocol import (
    CopyReadyReport,
    PieceInputHandles,
    PieceRequestToGenerationProcess,
    PortraitRequest,
    RenderProgressReport,
    RenderRefusedReport,
    RenderReport,
    RenderRequest,
    VideoPosterRequest,
)

MAX_RENDER_CPU_S = 240
#: Address space; FFmpeg reserves 1.2 GB.
MAX_RENDER_MEMORY_BYTES = 2 << 30
MAX_RENDERED_FILE_BYTES = 100 << 20

#: Codes of failures that the piece itself does not cause.
RETRYABLE_RENDER_FAILURE_CODES = {"DISK_FULL", "OUT_OF_MEMORY", "FFMPEG_KILLED", "RENDERER_KILLED"}

_DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

STDIN_FD = 0


def main() -> None:
    asked = msgspec.json.decode(sys.stdin.buffer.readline(), type=RenderRequest)
    kill_group_when_worker_dies()
    set_render_limits()
    confine_process(
        folder=Path(asked.folder), handles=list_descriptors_for_ffmpeg(asked), programs=list_programs_renderer_may_run()
    )
    with open_report_pipe() as reports:
        for report in render_and_report_progress_or_failure(asked):
            reports.write(msgspec.json.encode(report) + b"\n")
            reports.flush()


def kill_group_when_worker_dies() -> None:
    """Have the kernel kill this renderer's process group once the worker's end of stdin is closed.

    Kill the group at once if that end is closed already.
    """
    fcntl.fcntl(STDIN_FD, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(STDIN_FD, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(STDIN_FD, fcntl.F_SETFL, fcntl.fcntl(STDIN_FD, fcntl.F_GETFL) | os.O_ASYNC)
    looked = select.poll()
    looked.register(STDIN_FD, select.POLLIN)
    if looked.poll(0):
        os.killpg(0, signal.SIGKILL)


def set_render_limits() -> None:
    """Limit the renderer's CPU time, memory, core dumps and file size in the kernel; lower its priority.

    The limits also hold in C libraries and in FFmpeg.
    """
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_RENDER_CPU_S, MAX_RENDER_CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_RENDER_MEMORY_BYTES, MAX_RENDER_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_RENDERED_FILE_BYTES, MAX_RENDERED_FILE_BYTES))


def list_descriptors_for_ffmpeg(asked: RenderRequest) -> list[int]:
    """Return the descriptors of the render request's input files that FFmpeg opens, too: the clip's, if any.

    FFmpeg opens them by `path_of_open_descriptor`.
    """
    match asked:
        case PieceRequestToGenerationProcess():
            return [] if asked.handles.clip is None else [asked.handles.clip]
        case VideoPosterRequest():
            return [asked.clip]
        case PortraitRequest():
            return []


def list_programs_renderer_may_run() -> list[Path]:
    """Return the programs that the confined renderer may run: FFmpeg's path, or none if it isn't installed.

    Python, which draws SVG, is among the files of the system that are allowed anyway.
    """
    try:
        return [Path(ffmpeg.find_ffmpeg_program())]
    except GenerationError:
        return []


@contextmanager
def open_report_pipe() -> Iterator[IO[bytes]]:
    """Yield the renderer's pipe for reports to its worker: the former stdout.

    Stdout leads to the null device for the rest of the process, so a library's own prints don't reach the worker.
    """
    with os.fdopen(os.dup(1), "wb") as reports:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        yield reports


def render_and_report_progress_or_failure(asked: RenderRequest) -> Iterator[RenderReport]:
    """Render the requested piece, portrait or poster, and yield the reports of progress up to the last file.

    After an expected failure, or without memory or disk, the last is `RenderRefusedReport`. Other errors are raised.
    """
    try:
        yield from run_render_request(asked)
    except GenerationError as error:
        yield RenderRefusedReport(error.code, error.message, for_now=error.code in RETRYABLE_RENDER_FAILURE_CODES)
    except MemoryError:
        yield RenderRefusedReport("OUT_OF_MEMORY", "the piece took more memory than its limit", for_now=True)
    except OSError as error:
        if error.errno not in _DISK_FULL_ERRNOS:
            raise
        yield RenderRefusedReport("DISK_FULL", "there was no room for the files of the piece", for_now=True)


def run_render_request(asked: RenderRequest) -> Iterator[RenderReport]:
    match asked:
        case PortraitRequest():
            yield RenderProgressReport(1.0, render_portrait_files(asked.presenter, asked.colors, Path(asked.folder)))
        case VideoPosterRequest():
            yield RenderProgressReport(1.0, write_video_poster(path_of_open_descriptor(asked.clip), Path(asked.folder)))
        case PieceRequestToGenerationProcess():
            yield from render_requested_piece(asked)


def render_requested_piece(asked: PieceRequestToGenerationProcess) -> Iterator[RenderReport]:
    copy = asked.copy or write_piece_copy(asked.spec, asked.offers)
    pictures = read_input_pictures(asked.handles)
    piece = prepare_piece(asked.spec, copy, pictures)
    yield CopyReadyReport(msgspec.structs.replace(copy, warnings=[*copy.warnings, *unused_logo_warnings(pictures)]))
    for step in piece.render_files_and_yield_progress(Path(asked.folder)):
        yield RenderProgressReport(step.share, step.made)


def read_input_pictures(handles: PieceInputHandles) -> PieceInputFiles:
    """Return a piece's pictures, read to one byte over the limit to detect a too large one, and its clip's path."""
    return PieceInputFiles(
        logo=None if handles.logo is None else read_input_picture(handles.logo),
        screenshots=[read_input_picture(handle) for handle in handles.screenshots],
        end_card=None if handles.end_card is None else read_input_picture(handles.end_card),
        clip=None if handles.clip is None else path_of_open_descriptor(handles.clip),
    )


def path_of_open_descriptor(handle: int) -> Path:
    """Return a path in `/proc` by which FFmpeg reads a file that this process has open."""
    return Path(f"/proc/{os.getpid()}/fd/{handle}")


def read_input_picture(handle: int) -> bytes:
    with os.fdopen(handle, "rb") as file:
        return file.read(MAX_PICTURE_BYTES + 1)


if __name__ == "__main__":
    main()
