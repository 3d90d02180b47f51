"""`python -m chaos.worker [HOST PORT]`: a worker of the pool `bench`, as `python -m workers` is for others.

It runs the kinds of benchmarks, or with the address of a receiver those of rehearsals.
"""

import os
import sys

import uvloop

from chaos.proxy import ServerAddress
from chaos.rehearsal.tasks import build_rehearsal_tasks
from chaos.tasks import BENCH_POOL, BENCH_TASKS
from schemas.settings import load_settings
from telemetry import logs
from workers.runtime.worker import serve_worker

if __name__ == "__main__":
    settings, words = load_settings(os.environ), sys.argv[1:]
    logs.configure_logging(process=BENCH_POOL, level=settings.log_level)
    uvloop.run(
        serve_worker(
            settings,
            BENCH_POOL,
            build_rehearsal_tasks(ServerAddress(words[0], int(words[1]))) if words else BENCH_TASKS,
        )
    )
