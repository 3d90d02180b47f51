"""Process that draws one piece's slides: `python -m generation.looks.drawer`.

It reads fonts by their paths and pictures as bytes, then gives up files, and answers requests from stdin on
stdout. The kernel limits its CPU and memory, so that a template that costs too much ends this process alone.
`generation/looks/engine.py` starts it.
"""

import resource
import sys
from pathlib import Path
from typing import IO, Any

import msgspec
import pytakumi

from generation.confinement.confine import confine_process

#: CPU seconds of one request.
MAX_REQUEST_CPU_S = 5
#: Address space, of which Python, the engine and two CJK fonts take 150 MB.
MAX_DRAWER_MEMORY_BYTES = 512 << 20
#: Memory of the engine for decoded pictures.
MAX_PICTURE_CACHE_BYTES = 64 << 20
#: Bytes of the length in front of each message.
MESSAGE_LENGTH_BYTES = 4


class FontFile(msgspec.Struct, frozen=True):
    """A font file, by the name that templates use."""

    family: str
    path: str


class DrawerSetup(msgspec.Struct, frozen=True, tag="setup"):
    """First message: the fonts and the pictures, by the names that markup uses."""

    fonts: list[FontFile]
    pictures: dict[str, bytes]


class MeasureRequest(msgspec.Struct, frozen=True, tag="measure"):
    """Request for the boxes of a markup; the answer is the engine's tree as JSON."""

    markup: str
    stylesheets: list[str]
    width: int
    height: int


class DrawRequest(msgspec.Struct, frozen=True, tag="draw"):
    """Request for the pixels of a markup; the answer is 4 bytes a pixel, not premultiplied."""

    markup: str
    stylesheets: list[str]
    width: int
    height: int
    language: str = "en"


class DrawerAnswer(msgspec.Struct, frozen=True):
    """Answer to one request: its bytes, or the engine's complaint."""

    data: bytes = b""
    complaint: str | None = None


DrawerRequest = MeasureRequest | DrawRequest


def main() -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    setup = msgspec.msgpack.decode(read_message(requests), type=DrawerSetup)
    renderer = pytakumi.Renderer(cache_max_bytes=MAX_PICTURE_CACHE_BYTES)
    for font in setup.fonts:
        renderer.register_font(Path(font.path).read_bytes(), name=font.family)
    limit_drawer_process()
    confine_process()
    decoder = msgspec.msgpack.Decoder(DrawerRequest)
    while message := read_message(requests):
        limit_cpu_of_next_request()
        write_message(
            answers, msgspec.msgpack.encode(answer_request(renderer, setup.pictures, decoder.decode(message)))
        )


def answer_request(
    renderer: pytakumi.Renderer, pictures: dict[str, bytes], request: MeasureRequest | DrawRequest
) -> DrawerAnswer:
    common: dict[str, Any] = {
        "width": request.width,
        "height": request.height,
        "stylesheets": request.stylesheets,
        "images": pictures,
    }
    try:
        tree = pytakumi.from_html(request.markup)
        if isinstance(request, MeasureRequest):
            return DrawerAnswer(msgspec.json.encode(renderer.measure(tree, **common)))
        return DrawerAnswer(renderer.render(tree, format="raw", lang=request.language, **common))
    except (ValueError, RuntimeError, OverflowError, TypeError) as error:
        return DrawerAnswer(complaint=str(error)[:500])


def limit_drawer_process() -> None:
    """Limit this process's memory and files by the kernel: the limits hold inside of the engine, too."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_DRAWER_MEMORY_BYTES, MAX_DRAWER_MEMORY_BYTES))


def limit_cpu_of_next_request() -> None:
    """Allow the process as much more CPU as one request may take; the kernel ends it beyond that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(used.ru_utime + used.ru_stime) + 1 + MAX_REQUEST_CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (until if most < 0 else min(until, most), most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def read_message(stream: IO[bytes]) -> bytes:
    """Return the next message of a stream, or nothing at its end."""
    return stream.read(int.from_bytes(stream.read(MESSAGE_LENGTH_BYTES), "big"))


def write_message(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(MESSAGE_LENGTH_BYTES, "big"))
    stream.write(message)
    stream.flush()


if __name__ == "__main__":
    main()
