"""FFmpeg: a program of its own that encodes and decodes, started with what it is told and nothing else.

It stays in its caller's process group, so that whoever kills the group ends it too. It is the static build
that imageio-ffmpeg packages, or the one that IMAGEIO_FFMPEG_EXE names.
"""

import fcntl
import math
import resource
import signal
import subprocess
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, Literal, NamedTuple, Self

import imageio_ffmpeg

from schemas.errors import GenerationError

#: One thread for each thing: the same bytes each time, and memory that one allocator's arena reserves.
_ALWAYS = "-hide_banner -nostdin -nostats -v error -y -filter_threads 1 -filter_complex_threads 1".split()
_ENVIRONMENT = {"LC_ALL": "C", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}
#: Lines of what it says that are kept, the last ones, and the most of each; bytes of an answer.
_LINES, _LINE, _ANSWER = 60, 500, 1 << 20
#: Bytes of a pipe, where the system allows as many: fewer changes between the two processes.
_PIPE = 1 << 20

#: What the words of a failure mean; the rest is told by its code alone.
_MEANINGS = {
    "No space left on device": ("DISK_FULL", "no space is left for the file"),
    "Cannot allocate memory": ("OUT_OF_MEMORY", "FFmpeg has too little memory"),
}
#: The same of the signals by which the kernel ends what goes beyond its caller's own bounds.
_SIGNALS = {
    signal.SIGXCPU: ("TOO_COSTLY", "FFmpeg takes more CPU than it may: give fewer or smaller files"),
    signal.SIGXFSZ: ("DISK_FULL", "the file gets larger than it may"),
}


class Said(NamedTuple):
    """The result of a run: its stdout, the last lines of its stderr, and how many it had in all."""

    answer: bytes
    lines: tuple[str, ...]
    said: int


@cache
def program() -> str:
    """The path of the program. Raises `GenerationError`."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise GenerationError(
            "FFMPEG_MISSING", "there is no FFmpeg for this machine: IMAGEIO_FFMPEG_EXE may name one"
        ) from None


def file(path: Path, kind: str, *options: str) -> list[str]:
    """Arguments for a file to read, as that kind and no other: no list of other files is ever followed."""
    return ["-protocol_whitelist", "file", "-f", kind, *options, "-i", f"file:{path}"]


def pipe(size: tuple[int, int], rate: int) -> list[str]:
    """Arguments for frames in RGB that come by the pipe."""
    shape = ["-pixel_format", "rgb24", "-video_size", f"{size[0]}x{size[1]}", "-framerate", str(rate)]
    return ["-protocol_whitelist", "pipe", "-f", "rawvideo", *shape, "-i", "pipe:0"]


class Bounds(NamedTuple):
    """Bounds of a run whose input isn't trusted: seconds of CPU, bytes of address space, complaints."""

    cpu: int
    memory: int
    complaints: float = math.inf


def run(*arguments: str, bounds: Bounds | None = None) -> Said:
    """Run it to its end; of its stdout a mebibyte is kept. Raises `GenerationError`."""
    with _Process(arguments, reads=True, bounds=bounds) as process:
        kept = process.output.read(_ANSWER)
        while process.output.read(_ANSWER):
            pass
    return Said(kept, tuple(process.heard.lines), process.heard.said)


def decoded(size: int, *arguments: str, bounds: Bounds | None = None) -> Generator[bytes]:
    """Each piece of so many bytes that it writes to stdout. Closed early, it is ended.

    Raises `GenerationError`.
    """
    with _Process(arguments, reads=True, bounds=bounds) as process:
        while len(piece := process.output.read(size)) == size:
            process.check_complaints()
            yield piece
    process.check_complaints()
    if piece:
        raise GenerationError("FFMPEG_FAILED", "FFmpeg ended within a frame")


class Feed:
    """Frames on their way to an encoder; `frames` counts those that it took."""

    def __init__(self, process: "_Process") -> None:
        self._process, self.frames = process, 0

    def write(self, frame: bytes) -> None:
        self._process.write(frame)
        self.frames += 1


@contextmanager
def encoding(*arguments: str) -> Iterator[Feed]:
    """An encoder that is fed; leaving it waits for its file. Raises `GenerationError`.

    Whoever leaves it with an error kills it. If the feeding process dies, the encoder closes a shorter file
    that is valid: whoever takes a file over counts its frames.
    """
    with _Process(arguments, writes=True) as process:
        yield Feed(process)


class _Process:
    """One run. Each way out of it waits for the program and closes all pipes."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        reads: bool = False,
        writes: bool = False,
        bounds: Bounds | None = None,
    ) -> None:
        self._bounds = bounds
        command = [program(), *_ALWAYS, *arguments]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if writes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if reads else subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_ENVIRONMENT,
            )
        except OSError as error:
            raise GenerationError("FFMPEG_MISSING", f"{command[0]}: {error.strerror}") from None
        self.heard = _Heard(_there(self._process.stderr))
        if bounds:
            self._limit(bounds)

    def _limit(self, bounds: Bounds) -> None:
        """By the kernel, within its first moments: nothing of its input was read then."""
        with suppress(ProcessLookupError):
            for what, most in ((resource.RLIMIT_CPU, bounds.cpu), (resource.RLIMIT_AS, bounds.memory)):
                resource.prlimit(self._process.pid, what, (most, most))

    def check_complaints(self) -> None:
        """Raises `GenerationError` for an input that is damaged more than is borne."""
        if self._bounds and self.heard.said > self._bounds.complaints:
            raise GenerationError("INPUT_DAMAGED", f"the input is damaged: {self.heard.lines[-1]}")

    def __enter__(self) -> Self:
        for one in self._pipes():
            _widen(one)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        if kind is not None:
            self._process.kill()
        is_whole = self._ended()
        if kind is None and not is_whole:
            raise self._failure()
        return False

    @property
    def output(self) -> IO[bytes]:
        return _there(self._process.stdout)

    def write(self, data: bytes) -> None:
        try:
            _there(self._process.stdin).write(data)
        except BrokenPipeError:
            self._ended()
            raise self._failure() from None

    def _pipes(self) -> Iterator[IO[bytes]]:
        return filter(None, (self._process.stdin, self._process.stdout))

    def _ended(self) -> bool:
        """Close its pipes and wait for it; false where it failed, or took less than it was given."""
        took_all = True
        for one in self._pipes():
            try:
                one.close()
            except BrokenPipeError:
                took_all = False
        code = self._process.wait()
        self.heard.close()
        return code == 0 and took_all

    def _failure(self) -> GenerationError:
        code, lines = self._process.returncode, self.heard.lines
        if self._bounds and code in {-signal.SIGKILL, -signal.SIGABRT}:
            # The kernel kills what takes too much CPU; FFmpeg gives up itself where it gets no memory.
            return GenerationError("INPUT_TOO_COSTLY", "FFmpeg takes more CPU or memory than it may")
        if code < 0 and (known := _SIGNALS.get(signal.Signals(-code))):
            return GenerationError(*known)
        if code < 0:
            return GenerationError("FFMPEG_KILLED", f"FFmpeg was ended by {signal.Signals(-code).name}")
        for line in lines:
            for words, meaning in _MEANINGS.items():
                if words in line:
                    return GenerationError(*meaning)
        last = lines[-1] if lines else f"it ended with {code}"
        return GenerationError("FFMPEG_FAILED", f"FFmpeg can't make this: {last}")


class _Heard:
    """The words of a process, read to its end so that the process never waits for its reader."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.lines: deque[str] = deque(maxlen=_LINES)
        self.said = 0
        self._stream = stream
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while line := self._stream.readline(_LINE):
            self.lines.append(line.decode("utf-8", "replace").strip())
            self.said += 1

    def close(self) -> None:
        self._thread.join()
        self._stream.close()


def _there(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101  it was asked for
    return stream


def _widen(stream: IO[bytes]) -> None:
    try:
        fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, _PIPE)
    except OSError:
        return  # The user has no more of them.
