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
from generation.picture_limits import MAX_BYTES
from generation.poster import draw
from generation.render import Given, draw_portrait, prepare, warnings
from generation.words.write import write
from schemas.errors import GenerationError
from workers.generation.wire import (
    Asked,
    Drawn,
    Handles,
    Instructions,
    Planned,
    Refused,
    Report,
    Short,
    Sitting,
    Still,
)

#: Limits: seconds of CPU, bytes of address space (FFmpeg reserves 1.2 GB) and bytes of a file.
CPU_S, MEMORY, FILE = 240, 2 << 30, 100 << 20

#: Codes of failures that the piece itself does not cause.
PASSING = {"DISK_FULL", "OUT_OF_MEMORY", "FFMPEG_KILLED", "RENDERER_KILLED"}

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

SPEC = 0


def main() -> None:
    asked = msgspec.json.decode(sys.stdin.buffer.readline(), type=Asked)
    end_with_worker()
    limit()
    confine(folder=Path(asked.folder), handles=reopened(asked), programs=programs())
    with reporting() as reports:
        for report in outcome(asked):
            reports.write(msgspec.json.encode(report) + b"\n")
            reports.flush()


def end_with_worker() -> None:
    """Have the kernel kill the group by SIGKILL when the worker's end of stdin closes."""
    fcntl.fcntl(SPEC, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(SPEC, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(SPEC, fcntl.F_SETFL, fcntl.fcntl(SPEC, fcntl.F_GETFL) | os.O_ASYNC)
    looked = select.poll()
    looked.register(SPEC, select.POLLIN)
    if looked.poll(0):
        os.killpg(0, signal.SIGKILL)


def limit() -> None:
    """Set limits in the kernel, so that they hold in C libraries and FFmpeg too; call it last."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))


def reopened(asked: Asked) -> list[int]:
    """Return the files that FFmpeg opens again, by `opened`."""
    match asked:
        case Instructions():
            return [] if asked.handles.clip is None else [asked.handles.clip]
        case Still():
            return [asked.clip]
        case Sitting():
            return []


def programs() -> list[Path]:
    """Return FFmpeg's path, if present. Python, which draws SVG, is among the files of the system."""
    try:
        return [Path(ffmpeg.program())]
    except GenerationError:
        return []


@contextmanager
def reporting() -> Iterator[IO[bytes]]:
    """Open the pipe to the worker; a library's own prints don't reach it."""
    with os.fdopen(os.dup(1), "wb") as reports:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        yield reports


def outcome(asked: Asked) -> Iterator[Report]:
    """Yield reports up to the last file, or up to the failure of the piece."""
    try:
        yield from reports_of(asked)
    except GenerationError as error:
        yield (Short if error.code in PASSING else Refused)(error.code, error.message)
    except MemoryError:
        yield Short("OUT_OF_MEMORY", "the piece took more memory than its limit")
    except OSError as error:
        if error.errno not in _FULL:
            raise
        yield Short("DISK_FULL", "there was no room for the files of the piece")


def reports_of(asked: Asked) -> Iterator[Report]:
    match asked:
        case Sitting():
            yield Drawn(1.0, draw_portrait(asked.presenter, asked.colors, Path(asked.folder)))
        case Still():
            yield Drawn(1.0, draw(opened(asked.clip), Path(asked.folder)))
        case Instructions():
            yield from make(asked)


def make(asked: Instructions) -> Iterator[Report]:
    copy = asked.copy or write(asked.spec, asked.offers)
    pictures = given(asked.handles)
    piece = prepare(asked.spec, copy, pictures)
    yield Planned(msgspec.structs.replace(copy, warnings=[*copy.warnings, *warnings(pictures)]))
    for step in piece.make(Path(asked.folder)):
        yield Drawn(step.share, step.made)


def given(handles: Handles) -> Given:
    """Read the pictures, one byte more of each than is allowed; the clip stays a path."""
    return Given(
        logo=None if handles.logo is None else picture(handles.logo),
        screenshots=[picture(handle) for handle in handles.screenshots],
        end_card=None if handles.end_card is None else picture(handles.end_card),
        clip=None if handles.clip is None else opened(handles.clip),
    )


def opened(handle: int) -> Path:
    """Return a path by which FFmpeg, too, reads a file that this process has open."""
    return Path(f"/proc/{os.getpid()}/fd/{handle}")


def picture(handle: int) -> bytes:
    with os.fdopen(handle, "rb") as file:
        return file.read(MAX_BYTES + 1)


if __name__ == "__main__":
    main()
