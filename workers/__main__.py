"""Entry point `python -m workers POOL`: a worker process of the pool. Settings come from the environment."""

import argparse
import os
import sys
from collections.abc import Callable

import msgspec
import uvloop

from db.starting import exit_on_expected_start_errors, warn_misspelt_settings
from jobs.kinds import CONTENT_GENERATE_KIND, JOB_KINDS
from processes.image import ServingProcessFacts
from processes.parent import run_parent
from schemas.settings import Settings, load_settings
from telemetry import logs
from telemetry.exporting import export_spans

#: The pool of CPU-bound jobs.
CPU_BOUND_JOB_POOL_NAME = CONTENT_GENERATE_KIND.pool
MAX_WORKER_PROCESSES = 100
WORKER_POOL_NAMES = sorted({kind.pool for kind in JOB_KINDS.values()})


def run_pool_worker(pool_name: str, fork: Callable[[], ServingProcessFacts] = ServingProcessFacts) -> None:
    """Run the jobs of a pool in this process until it is stopped. Call `fork` before any connection or event loop.

    The slow modules are imported here: a wrong argument or setting fails before these imports.
    """
    with exit_on_expected_start_errors():
        settings = adapt_settings_to_cpu_bound_pool(load_settings(os.environ), pool_name)
        logs.configure_logging(process=pool_name, level=settings.log_level)
        warn_misspelt_settings(os.environ)
        from domain.operations.host_warnings import warn_of_missing_kernel_sandbox  # noqa: PLC0415
        from workers.runtime.worker import serve_worker  # noqa: PLC0415
        from workers.tasks import import_pool_tasks, open_pool_tasks  # noqa: PLC0415

        import_pool_tasks(pool_name)
        warn_of_missing_kernel_sandbox()
        process = fork()

        async def serve() -> None:
            async with open_pool_tasks(settings, pool_name) as tasks:
                await serve_worker(settings, pool_name, tasks, process)

        with export_spans(os.environ, process=pool_name):
            uvloop.run(serve())


def adapt_settings_to_cpu_bound_pool(settings: Settings, pool_name: str) -> Settings:
    """Return a worker's settings; in the pool of CPU-bound jobs with a changed number of slots.

    There the number is the setting `generate_slots`, or that of the usable cores if it is 0.
    """
    if pool_name != CPU_BOUND_JOB_POOL_NAME:
        return settings
    slots = settings.generate_slots or len(os.sched_getaffinity(0))
    return msgspec.structs.replace(settings, slots=slots)


def main(arguments: list[str]) -> None:
    """Run a pool's worker, or the parent of several.

    Exit with 0 after a drain, 2 for a wrong argument, or by the start's error.
    """
    parser = argparse.ArgumentParser("python -m workers", description="Run jobs of a pool until SIGTERM.")
    parser.add_argument("pool", choices=WORKER_POOL_NAMES)
    parser.add_argument(
        "--processes",
        type=int,
        choices=range(1, MAX_WORKER_PROCESSES + 1),
        metavar="N",
        help=f"keep N workers running, 1 to {MAX_WORKER_PROCESSES}: a killed one is forked again; "
        "SIGHUP replaces them by the code of now",
    )
    options = parser.parse_args(arguments)
    if options.processes:
        sys.exit(run_parent("workers.image", [options.pool, f"--processes={options.processes}"]))
    run_pool_worker(options.pool)


if __name__ == "__main__":
    main(sys.argv[1:])
