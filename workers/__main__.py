"""Entry point `python -m workers POOL`: a worker process of the pool. Settings come from the environment."""

import argparse
import os
import sys

import msgspec
import uvloop

from db.starting import exit_on_expected_start_errors, warn_misspelt_settings
from jobs.kinds import CONTENT_GENERATE_KIND, JOB_KINDS
from schemas.settings import Settings, load_settings
from telemetry import logs
from telemetry.exporting import export_spans

#: The pool of CPU-bound jobs.
CPU_BOUND_JOB_POOL_NAME = CONTENT_GENERATE_KIND.pool
WORKER_POOL_NAMES = sorted({kind.pool for kind in JOB_KINDS.values()})


async def serve_worker_pool_jobs(settings: Settings, pool_name: str) -> None:
    """Run the jobs of a pool in this process until it is stopped.

    The slow modules are imported here: a wrong argument or setting fails before these imports.
    """
    from domain.operations.host_warnings import warn_of_missing_kernel_sandbox  # noqa: PLC0415
    from workers.runtime.worker import serve_worker  # noqa: PLC0415
    from workers.tasks import open_pool_tasks  # noqa: PLC0415

    warn_of_missing_kernel_sandbox()
    async with open_pool_tasks(settings, pool_name) as tasks:
        await serve_worker(settings, pool_name, tasks)


def set_cpu_bound_slots(settings: Settings, pool_name: str) -> Settings:
    """Return a worker's settings; in the pool of CPU-bound jobs with a changed number of slots.

    There the number is the setting `generate_slots`, or that of the usable cores if it is 0.
    """
    if pool_name != CPU_BOUND_JOB_POOL_NAME:
        return settings
    slots = settings.generate_slots or len(os.sched_getaffinity(0))
    return msgspec.structs.replace(settings, slots=slots)


def main(arguments: list[str]) -> None:
    """Run a pool's worker. Exit with 0 after a drain, 2 for a wrong argument, or by the start's error."""
    parser = argparse.ArgumentParser("python -m workers", description="Run jobs of a pool until SIGTERM.")
    parser.add_argument("pool", choices=WORKER_POOL_NAMES)
    pool = parser.parse_args(arguments).pool
    with exit_on_expected_start_errors():
        settings = set_cpu_bound_slots(load_settings(os.environ), pool)
        logs.configure_logging(process=pool, level=settings.log_level)
        warn_misspelt_settings(os.environ)
        with export_spans(os.environ, process=pool):
            uvloop.run(serve_worker_pool_jobs(settings, pool))


if __name__ == "__main__":
    main(sys.argv[1:])
