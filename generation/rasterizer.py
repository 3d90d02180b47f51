"""Subprocess that draws one SVG: `python -m generation.rasterizer width|height`.

It reads a cleaned drawing from stdin and writes a PNG to stdout. The kernel limits its CPU and memory, so
that a drawing that costs too much ends this process alone. `generation/pictures.py` starts it.
"""

import resource
import sys

import resvg_py

from generation.confinement.confine import confine_process

#: Longer side of the picture, in pixels.
SVG_RASTER_SIDE_PX = 1_024
#: CPU seconds of one drawing.
MAX_RASTERIZER_CPU_S = 20
#: Address space, of which Python takes 40 MB. A layer takes 4 MB on the canvas, and 105 MB if it is much
#: larger: resvg crops layers to five times the canvas sides.
MAX_RASTERIZER_MEMORY_BYTES = 640 << 20


def main(longer: str) -> None:
    drawing = sys.stdin.buffer.read().decode()
    limit_rasterizer_process()
    confine_process()
    try:
        drawn = resvg_py.svg_to_bytes(svg_string=drawing, skip_system_fonts=True, **{longer: SVG_RASTER_SIDE_PX})
    except (ValueError, RuntimeError, OverflowError) as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(drawn)


def limit_rasterizer_process() -> None:
    """Limit this process's CPU time, memory and file size by the kernel: the limits hold inside of C libraries, too."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_RASTERIZER_CPU_S, MAX_RASTERIZER_CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_RASTERIZER_MEMORY_BYTES, MAX_RASTERIZER_MEMORY_BYTES))


if __name__ == "__main__":
    main(sys.argv[1])
