"""The process that draws one SVG: `python -m generation.rasterizer width|height`.

It reads a cleaned drawing from stdin, and writes a PNG to stdout. The kernel bounds its CPU and memory, so
that a drawing that costs too much ends this process alone. `generation/vectors.py` starts it.
"""

import resource
import sys
from pathlib import Path

import resvg_py

#: Longer side of the picture, in pixels.
SIDE = 1_024
#: Seconds of CPU, and bytes of address space beyond what is loaded. A layer takes 4 MB on the canvas, and
#: 105 MB where it is much larger than the canvas: resvg cuts layers off at five times its sides.
CPU_S, MEMORY = 20, 640 << 20


def main(longer: str) -> None:
    drawing = sys.stdin.buffer.read().decode()
    limit()
    try:
        drawn = resvg_py.svg_to_bytes(svg_string=drawing, skip_system_fonts=True, **{longer: SIDE})
    except (ValueError, RuntimeError, OverflowError) as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(drawn)


def limit() -> None:
    """Set limits in the kernel, so that they hold inside the renderer's library."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    loaded = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (loaded + MEMORY, loaded + MEMORY))


if __name__ == "__main__":
    main(sys.argv[1])
