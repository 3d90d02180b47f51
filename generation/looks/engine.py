"""Engine: the client of the process that draws slides."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Self

import msgspec
import numpy as np

from generation.looks.messages import (
    MESSAGE_LENGTH_BYTES,
    DrawerAnswer,
    DrawerSetup,
    DrawRequest,
    FontFile,
    MeasureRequest,
    write_message,
)
from generation.pictures import KILL_SIGNALS_NOT_BY_LIMIT
from schemas.errors import GenerationError

#: Seconds until an answer: far above the CPU limit of a request, for a busy machine.
ANSWER_DEADLINE_S = 60.0
#: Largest answer: the pixels of a 9:16 picture take 8.3 MB, the boxes of 400 elements under 1 MB.
MAX_ANSWER_BYTES = 32 << 20

Pixels = np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]


class TooCostlyTemplate(GenerationError):
    """A template that exceeds the limits of the process that draws it."""

    def __init__(self, reason: str) -> None:
        super().__init__("TEMPLATE_TOO_COSTLY", f"the template can't be drawn within its limits: {reason}")


class EngineMissing(Exception):
    """The engine isn't installed, or its library doesn't load on this host."""


class LookEngine:
    """A process that draws slides with these fonts and pictures; it ends with the `with` block.

    Raises `EngineMissing` if the engine doesn't load.
    """

    def __init__(self, fonts: Sequence[FontFile], pictures: Mapping[str, bytes]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "generation.looks.drawer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
        )
        self._is_ready = False
        try:
            self._send(DrawerSetup([*fonts], {**pictures}))
            self._read_answer()
        except BaseException:
            self._end()
            raise
        self._is_ready = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if stream:
                    stream.close()
        self._process.wait()

    def measure(self, markup: str, stylesheets: Sequence[str], size: tuple[int, int]) -> dict[str, Any]:
        """Return the engine's tree of boxes: `width`, `height`, `transform`, `runs`, `children`, in pixels.

        Raises `TooCostlyTemplate`, and `GenerationError` RENDERER_KILLED if the host ended the process.
        """
        answer = self._ask(MeasureRequest(markup, [*stylesheets], *size))
        return msgspec.json.decode(answer, type=dict[str, Any])

    def draw(self, markup: str, stylesheets: Sequence[str], size: tuple[int, int], language: str) -> Pixels:
        """Return a picture's pixels: height x width x 4, not premultiplied. Raises like `measure`."""
        width, height = size
        data = self._ask(DrawRequest(markup, [*stylesheets], width, height, language))
        return np.frombuffer(data, np.uint8).reshape(height, width, 4)

    def _ask(self, request: MeasureRequest | DrawRequest) -> bytes:
        self._send(request)
        answer = msgspec.msgpack.decode(self._read_answer(), type=DrawerAnswer)
        if answer.complaint is not None:
            raise TooCostlyTemplate(answer.complaint)
        return answer.data

    def _send(self, message: DrawerSetup | MeasureRequest | DrawRequest) -> None:
        try:
            write_message(self._input, msgspec.msgpack.encode(message))
        except BrokenPipeError:
            self._raise_end_of_process()

    def _read_answer(self) -> bytearray:
        until = time.monotonic() + ANSWER_DEADLINE_S
        length = int.from_bytes(self._read_bytes(MESSAGE_LENGTH_BYTES, until), "big")
        if length > MAX_ANSWER_BYTES:
            raise TooCostlyTemplate("its answer is too long")
        return self._read_bytes(length, until)

    def _read_bytes(self, count: int, until: float) -> bytearray:
        """Return exactly `count` bytes of the process's output, read until a moment of the monotonic clock."""
        output, data = self._output.fileno(), bytearray(count)
        free = memoryview(data)
        while free:
            if not select.select([output], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TooCostlyTemplate(f"it took over {ANSWER_DEADLINE_S:g} seconds")
            length = os.readv(output, [free])
            if not length:
                self._raise_end_of_process()
            free = free[length:]
        return data

    def _raise_end_of_process(self) -> None:
        code = self._process.wait()
        if -code in KILL_SIGNALS_NOT_BY_LIMIT:
            raise GenerationError("RENDERER_KILLED", "the process that draws slides was ended by its host")
        if code > 0 and not self._is_ready:
            raise EngineMissing
        names = {-signal.SIGXCPU: "it took too much CPU", -signal.SIGABRT: "it took too much memory"}
        raise TooCostlyTemplate(names.get(code, f"its process ended with {code}"))

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin  # noqa: S101  it is a pipe
        return self._process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout  # noqa: S101  it is a pipe
        return self._process.stdout
