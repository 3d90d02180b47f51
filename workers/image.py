"""Image of a pool's workers: imports their code once, and forks them. `python -m workers` starts it."""

import argparse
import sys
from functools import partial

from processes.image import fork_processes, parse_process_image_options
from workers.__main__ import run_pool_worker


def main(arguments: list[str]) -> None:
    """Fork the workers of a pool and keep them running until SIGTERM. Exit with 2 for a wrong setting."""
    parser = argparse.ArgumentParser("python -m workers.image")
    parser.add_argument("pool")
    parser.add_argument("--processes", type=int, required=True)
    options = parse_process_image_options(parser, arguments)
    run_pool_worker(options.pool, partial(fork_processes, options.processes, options.image))


if __name__ == "__main__":
    main(sys.argv[1:])
