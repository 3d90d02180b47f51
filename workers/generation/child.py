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
from generation.confinement.confine import confine
from generation.copy.write import write
from generation.picture_limits import MAX_BYTES
from generation.poster import write_poster
from generation.render import InputFiles, draw_portrait, prepare_piece, warnings
from schemas.errors import GenerationError
from workers.generation.protocol import (
    CopyReady,
    DrawProgress,
    InputHandles,
    OutOfResources,
    PieceRequest,
    PortraitRequest,
    PosterRequest,
    RenderRefused,
    RenderReport,
    RenderRequest,
)

MAX_CPU_S = 240
#: Address space; FFmpeg reserves 1.2 GB.
MAX_MEMORY_BYTES = 2 << 30
MAX_FILE_BYTES = 100 << 20

#: Codes of failures that the piece itself does not cause.
RESOURCE_CODES = {"DISK_FULL", "OUT_OF_MEMORY", "FFMPEG_KILLED", "RENDERER_KILLED"}

_DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

STDIN_FD = 0


def main() -> None:
    asked = msgspec.json.decode(sys.stdin.buffer.readline(), type=RenderRequest)
    end_with_worker()
    set_limits()
    confine(folder=Path(asked.folder), handles=reopened_files(asked), programs=find_programs())
    with open_reports() as reports:
        for report in iter_reports(asked):
            reports.write(msgspec.json.encode(report) + b"\n")
            reports.flush()


def end_with_worker() -> None:
    """Have the kernel kill the group by SIGKILL when the worker's end of stdin closes."""
    fcntl.fcntl(STDIN_FD, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(STDIN_FD, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(STDIN_FD, fcntl.F_SETFL, fcntl.fcntl(STDIN_FD, fcntl.F_GETFL) | os.O_ASYNC)
    looked = select.poll()
    looked.register(STDIN_FD, select.POLLIN)
    if looked.poll(0):
        os.killpg(0, signal.SIGKILL)


def set_limits() -> None:
    """Set limits in the kernel, so that they hold in C libraries and FFmpeg too; call it last."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))


def reopened_files(asked: RenderRequest) -> list[int]:
    """Return the files that FFmpeg opens again, by `fd_path`."""
    match asked:
        case PieceRequest():
            return [] if asked.handles.clip is None else [asked.handles.clip]
        case PosterRequest():
            return [asked.clip]
        case PortraitRequest():
            return []


def find_programs() -> list[Path]:
    """Return FFmpeg's path, if present. Python, which draws SVG, is among the files of the system."""
    try:
        return [Path(ffmpeg.program())]
    except GenerationError:
        return []


@contextmanager
def open_reports() -> Iterator[IO[bytes]]:
    """Open the pipe to the worker; a library's own prints don't reach it."""
    with os.fdopen(os.dup(1), "wb") as reports:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        yield reports


def iter_reports(asked: RenderRequest) -> Iterator[RenderReport]:
    """Yield reports up to the last file, or up to the failure of the piece."""
    try:
        yield from run_request(asked)
    except GenerationError as error:
        yield (OutOfResources if error.code in RESOURCE_CODES else RenderRefused)(error.code, error.message)
    except MemoryError:
        yield OutOfResources("OUT_OF_MEMORY", "the piece took more memory than its limit")
    except OSError as error:
        if error.errno not in _DISK_FULL_ERRNOS:
            raise
        yield OutOfResources("DISK_FULL", "there was no room for the files of the piece")


def run_request(asked: RenderRequest) -> Iterator[RenderReport]:
    match asked:
        case PortraitRequest():
            yield DrawProgress(1.0, draw_portrait(asked.presenter, asked.colors, Path(asked.folder)))
        case PosterRequest():
            yield DrawProgress(1.0, write_poster(fd_path(asked.clip), Path(asked.folder)))
        case PieceRequest():
            yield from render_piece(asked)


def render_piece(asked: PieceRequest) -> Iterator[RenderReport]:
    copy = asked.copy or write(asked.spec, asked.offers)
    pictures = read_pictures(asked.handles)
    piece = prepare_piece(asked.spec, copy, pictures)
    yield CopyReady(msgspec.structs.replace(copy, warnings=[*copy.warnings, *warnings(pictures)]))
    for step in piece.make(Path(asked.folder)):
        yield DrawProgress(step.share, step.made)


def read_pictures(handles: InputHandles) -> InputFiles:
    """Read the pictures, one byte more of each than is allowed; the clip stays a path."""
    return InputFiles(
        logo=None if handles.logo is None else read_picture(handles.logo),
        screenshots=[read_picture(handle) for handle in handles.screenshots],
        end_card=None if handles.end_card is None else read_picture(handles.end_card),
        clip=None if handles.clip is None else fd_path(handles.clip),
    )


def fd_path(handle: int) -> Path:
    """Return a path by which FFmpeg, too, reads a file that this process has open."""
    return Path(f"/proc/{os.getpid()}/fd/{handle}")


def read_picture(handle: int) -> bytes:
    with os.fdopen(handle, "rb") as file:
        return file.read(MAX_BYTES + 1)


if __name__ == "__main__":
    main()
