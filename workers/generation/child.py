"""The process that makes one piece, portrait or poster: `python -m workers.generation.child`.

It has its spec, the descriptors of what it was given, a folder, where FFmpeg is, and nothing else: no
storage, no database. The kernel bounds it and all that it starts, and gives them no network
and no other file than those of the system and of that folder. When its worker dies, or wants no more of
it, the kernel kills its whole group.
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

#: Seconds of CPU, bytes of address space (FFmpeg reserves 1.2 GB) and of a file.
CPU_S, MEMORY, FILE = 240, 2 << 30, 100 << 20

#: Codes of ends that aren't the piece's own fault.
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
    """From now on a sign of the other side of stdin is its end, and kills the group by SIGKILL."""
    fcntl.fcntl(SPEC, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(SPEC, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(SPEC, fcntl.F_SETFL, fcntl.fcntl(SPEC, fcntl.F_GETFL) | os.O_ASYNC)
    looked = select.poll()
    looked.register(SPEC, select.POLLIN)
    if looked.poll(0):
        os.killpg(0, signal.SIGKILL)


def limit() -> None:
    """By the kernel, so that it holds inside a C library and in FFmpeg too; after everything else here."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))


def reopened(asked: Asked) -> list[int]:
    """Files that FFmpeg opens again, by `opened`."""
    match asked:
        case Instructions():
            return [] if asked.handles.clip is None else [asked.handles.clip]
        case Still():
            return [asked.clip]
        case Sitting():
            return []


def programs() -> list[Path]:
    """FFmpeg, where there is one. Python, which draws SVG, is among the files of the system."""
    try:
        return [Path(ffmpeg.program())]
    except GenerationError:
        return []


@contextmanager
def reporting() -> Iterator[IO[bytes]]:
    """The way to the worker; what a library prints doesn't get there."""
    with os.fdopen(os.dup(1), "wb") as reports:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        yield reports


def outcome(asked: Asked) -> Iterator[Report]:
    """Reports up to the last file, or to what keeps the piece from being made."""
    try:
        yield from reports_of(asked)
    except GenerationError as error:
        yield (Short if error.code in PASSING else Refused)(error.code, error.message)
    except MemoryError:
        yield Short("OUT_OF_MEMORY", "the piece took more memory than it may")
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
    """Pictures as they came, one byte more of them than is taken; the clip by an address of its own."""
    return Given(
        logo=None if handles.logo is None else picture(handles.logo),
        screenshots=[picture(handle) for handle in handles.screenshots],
        end_card=None if handles.end_card is None else picture(handles.end_card),
        clip=None if handles.clip is None else opened(handles.clip),
    )


def opened(handle: int) -> Path:
    """The path by which FFmpeg, too, reads a file that this process has open."""
    return Path(f"/proc/{os.getpid()}/fd/{handle}")


def picture(handle: int) -> bytes:
    with os.fdopen(handle, "rb") as file:
        return file.read(MAX_BYTES + 1)


if __name__ == "__main__":
    main()
