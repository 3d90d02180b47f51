"""`python -m tests.chaos.forked_workers`: a parent, with an image that forks two workers of `tests.chaos.worker`."""

import argparse
import sys

import uvloop

from processes.image import fork_processes, parse_process_image_options
from processes.parent import run_parent
from tests.chaos import worker

COUNT = 2


def main(arguments: list[str]) -> None:
    if not arguments:
        sys.exit(run_parent("tests.chaos.forked_workers", []))
    process = fork_processes(COUNT, parse_process_image_options(argparse.ArgumentParser(), arguments).image)
    uvloop.run(worker.main(process))


if __name__ == "__main__":
    main(sys.argv[1:])
