"""FFmpeg as a subprocess, with explicit arguments and an environment of its own.

It stays in its caller's process group, so that a signal to the group ends it too. The program is the static
build that imageio-ffmpeg packages, or the path in IMAGEIO_FFMPEG_EXE.
"""

import fcntl
import math
import resource
import signal
import subprocess
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, Literal, NamedTuple, Self

import imageio_ffmpeg

from schemas.errors import GenerationError

#: One thread each: the output is deterministic, and memory stays within one allocator arena.
_COMMON_FFMPEG_ARGUMENTS = (
    "-hide_banner -nostdin -nostats -v error -y -filter_threads 1 -filter_complex_threads 1".split()
)
_FFMPEG_ENVIRONMENT = {"LC_ALL": "C", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}
#: Stderr lines to keep, from the end.
_MAX_KEPT_STDERR_LINES = 60
_MAX_STDERR_LINE_BYTES = 500
_MAX_KEPT_STDOUT_BYTES = 1 << 20
#: Pipe size in bytes, if the system allows it: fewer context switches between the two processes.
_PIPE_BUFFER_BYTES = 1 << 20

#: Error codes and messages by a phrase in stderr. Other failures get their exit code.
_ERRORS_BY_FFMPEG_STDERR_PHRASE = {
    "No space left on device": ("DISK_FULL", "no space is left for the file"),
    "Cannot allocate memory": ("OUT_OF_MEMORY", "FFmpeg has too little memory"),
}
#: Error codes and messages by signal: the kernel enforces the caller's own limits.
_FFMPEG_ERRORS_BY_SIGNAL = {
    signal.SIGXCPU: ("TOO_COSTLY", "FFmpeg takes more CPU than it may: give fewer or smaller files"),
    signal.SIGXFSZ: ("DISK_FULL", "the file gets larger than it may"),
}


class FfmpegResult(NamedTuple):
    """The result of a run: the start of its stdout, the last lines of its stderr, and the count of all its lines."""

    stdout: bytes
    lines: tuple[str, ...]
    line_count: int


@cache
def find_ffmpeg_program() -> str:
    """Return the path of the FFmpeg program. Raises `GenerationError` if the machine has none."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise GenerationError(
            "FFMPEG_MISSING", "there is no FFmpeg for this machine: IMAGEIO_FFMPEG_EXE may name one"
        ) from None


def build_ffmpeg_input_from_file_path(path: Path, kind: str, *options: str) -> list[str]:
    """Return FFmpeg arguments to read a file, with `options`, as the format `kind` only: FFmpeg follows no playlist."""
    return ["-protocol_whitelist", "file", "-f", kind, *options, "-i", f"file:{path}"]


def build_ffmpeg_raw_frame_input(size: tuple[int, int], rate: int) -> list[str]:
    """Return FFmpeg input arguments that read raw RGB frames of this size and rate from stdin."""
    shape = ["-pixel_format", "rgb24", "-video_size", f"{size[0]}x{size[1]}", "-framerate", str(rate)]
    return ["-protocol_whitelist", "pipe", "-f", "rawvideo", *shape, "-i", "pipe:0"]


class FfmpegLimits(NamedTuple):
    """Limits of a run on untrusted input: CPU in seconds, address space in bytes, lines of stderr."""

    cpu: int
    memory: int
    complaints: float = math.inf


def run_ffmpeg(*arguments: str, bounds: FfmpegLimits | None = None) -> FfmpegResult:
    """Run FFmpeg to its end, within the CPU and memory of `bounds` if they are set. Raises `GenerationError`.

    Return the first MiB of its stdout, the last lines of its stderr, and the count of all lines.
    """
    with _FfmpegProcess(arguments, reads=True, bounds=bounds) as process:
        stdout = process.stdout_stream.read(_MAX_KEPT_STDOUT_BYTES)
        while process.stdout_stream.read(_MAX_KEPT_STDOUT_BYTES):
            pass
    return FfmpegResult(stdout, tuple(process.stderr.lines), process.stderr.line_count)


def stream_ffmpeg_output(size: int, *arguments: str, bounds: FfmpegLimits | None = None) -> Generator[bytes]:
    """Run FFmpeg and yield its stdout in chunks of `size` bytes; closing the generator kills FFmpeg.

    Raises `GenerationError` if FFmpeg fails, ends within a chunk, or writes too many lines to stderr.
    """
    with _FfmpegProcess(arguments, reads=True, bounds=bounds) as process:
        while len(piece := process.stdout_stream.read(size)) == size:
            process.check_stderr_line_count()
            yield piece
    process.check_stderr_line_count()
    if piece:
        raise GenerationError("FFMPEG_FAILED", "FFmpeg ended within a frame")


def start_ffmpeg_encoder(*arguments: str) -> "_FfmpegProcess":
    """Start FFmpeg as an encoder, and return it for a `with` block that writes the frames. Raises `GenerationError`.

    Leaving the block waits for the file; an error in the block kills the encoder. If the feeding process dies,
    the encoder closes a shorter but valid file, so count the frames of any file that another process left.
    """
    return _FfmpegProcess(arguments, writes=True)


class _FfmpegProcess:
    """One FFmpeg run. Every exit path waits for the program and closes all pipes."""

    def __init__(
        self, arguments: Sequence[str], *, reads: bool = False, writes: bool = False, bounds: FfmpegLimits | None = None
    ) -> None:
        self._bounds = bounds
        command = [find_ffmpeg_program(), *_COMMON_FFMPEG_ARGUMENTS, *arguments]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if writes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if reads else subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_FFMPEG_ENVIRONMENT,
            )
        except OSError as error:
            raise GenerationError("FFMPEG_MISSING", f"{command[0]}: {error.strerror}") from None
        self.stderr = _FfmpegStderrReader(_require_child_pipe(self._process.stderr))
        if bounds:
            self._limit_resources(bounds)

    def _limit_resources(self, bounds: FfmpegLimits) -> None:
        """Limit FFmpeg's CPU time and memory with prlimit, right after its start."""
        with suppress(ProcessLookupError):
            for limit, maximum in ((resource.RLIMIT_CPU, bounds.cpu), (resource.RLIMIT_AS, bounds.memory)):
                resource.prlimit(self._process.pid, limit, (maximum, maximum))

    def check_stderr_line_count(self) -> None:
        """Raise `GenerationError` if FFmpeg's stderr has more lines than the limit: the input is too damaged."""
        if self._bounds and self.stderr.line_count > self._bounds.complaints:
            raise GenerationError("INPUT_DAMAGED", f"the input is damaged: {self.stderr.lines[-1]}")

    def __enter__(self) -> Self:
        for one in self._data_pipes():
            _enlarge_pipe_buffer(one)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        if kind is not None:
            self._process.kill()
        is_whole = self._close_and_check_success()
        if kind is None and not is_whole:
            raise self._error_from_exit_code()
        return False

    @property
    def stdout_stream(self) -> IO[bytes]:
        return _require_child_pipe(self._process.stdout)

    def write_frame(self, data: bytes) -> None:
        try:
            _require_child_pipe(self._process.stdin).write(data)
        except BrokenPipeError:
            self._close_and_check_success()
            raise self._error_from_exit_code() from None

    def _data_pipes(self) -> Iterator[IO[bytes]]:
        return filter(None, (self._process.stdin, self._process.stdout))

    def _close_and_check_success(self) -> bool:
        """Close FFmpeg's pipes and wait for its end. Return whether it exited with 0 and read all of its input."""
        took_all = True
        for one in self._data_pipes():
            try:
                one.close()
            except BrokenPipeError:
                took_all = False
        code = self._process.wait()
        self.stderr.close()
        return code == 0 and took_all

    def _error_from_exit_code(self) -> GenerationError:
        code, lines = self._process.returncode, self.stderr.lines
        if self._bounds and code in {-signal.SIGKILL, -signal.SIGABRT}:
            # The kernel kills FFmpeg beyond its CPU limit; FFmpeg aborts itself when it gets no memory.
            return GenerationError("INPUT_TOO_COSTLY", "FFmpeg takes more CPU or memory than it may")
        if code < 0 and (known := _FFMPEG_ERRORS_BY_SIGNAL.get(signal.Signals(-code))):
            return GenerationError(*known)
        if code < 0:
            return GenerationError("FFMPEG_KILLED", f"FFmpeg was ended by {signal.Signals(-code).name}")
        for line in lines:
            for words, meaning in _ERRORS_BY_FFMPEG_STDERR_PHRASE.items():
                if words in line:
                    return GenerationError(*meaning)
        last = lines[-1] if lines else f"it ended with {code}"
        return GenerationError("FFMPEG_FAILED", f"FFmpeg can't make this: {last}")


class _FfmpegStderrReader:
    """The stderr of a process, drained by a thread so that the process never blocks on it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.lines: deque[str] = deque(maxlen=_MAX_KEPT_STDERR_LINES)
        self.line_count = 0
        self._stream = stream
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while line := self._stream.readline(_MAX_STDERR_LINE_BYTES):
            self.lines.append(line.decode("utf-8", "replace").strip())
            self.line_count += 1

    def close(self) -> None:
        self._thread.join()
        self._stream.close()


def _require_child_pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101  it was asked for
    return stream


def _enlarge_pipe_buffer(stream: IO[bytes]) -> None:
    try:
        fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, _PIPE_BUFFER_BYTES)
    except OSError:
        return  # The user has no more of them.
