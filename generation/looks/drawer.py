"""Process that draws one piece's slides: `python -m generation.looks.drawer`.

It reads fonts by their paths and pictures as bytes, then gives up files, and answers requests from stdin on
stdout. The kernel limits its CPU and memory, so that a template that costs too much ends this process alone.
`generation/looks/engine.py` starts it.
"""

import resource
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytakumi

from generation.confinement.confine import confine_process
from generation.looks.messages import (
    DrawerAnswer,
    DrawerRequest,
    DrawerSetup,
    MeasureRequest,
    read_message,
    write_message,
)

#: CPU seconds of one request.
MAX_REQUEST_CPU_S = 5
#: Address space, of which Python, the engine and two CJK fonts take 150 MB.
MAX_DRAWER_MEMORY_BYTES = 512 << 20
#: Memory of the engine for decoded pictures.
MAX_PICTURE_CACHE_BYTES = 64 << 20


def main() -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    setup = msgspec.msgpack.decode(read_message(requests), type=DrawerSetup)
    renderer = pytakumi.Renderer(cache_max_bytes=MAX_PICTURE_CACHE_BYTES)
    for font in setup.fonts:
        renderer.register_font(Path(font.path).read_bytes(), name=font.family)
    limit_drawer_process()
    confine_process()
    write_message(answers, msgspec.msgpack.encode(DrawerAnswer()))
    decoder = msgspec.msgpack.Decoder(DrawerRequest)
    while message := read_message(requests):
        limit_cpu_of_next_request()
        write_message(
            answers, msgspec.msgpack.encode(answer_request(renderer, setup.pictures, decoder.decode(message)))
        )


def answer_request(renderer: pytakumi.Renderer, pictures: dict[str, bytes], request: DrawerRequest) -> DrawerAnswer:
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


if __name__ == "__main__":
    main()
