"""`python -m chaos.worker [HOST PORT]`: a worker of the pool `bench`, as `python -m workers` is for others.

It runs the kinds of benchmarks, or with the address of a receiver those of rehearsals.
"""

import os
import sys

import uvloop

from chaos.proxy import ServerAddress
from chaos.rehearsal.tasks import tasks
from chaos.tasks import BENCH_POOL, TASKS
from schemas.settings import from_env
from telemetry import logs
from workers.runtime.worker import serve

if __name__ == "__main__":
    settings, words = from_env(os.environ), sys.argv[1:]
    logs.configure(process=BENCH_POOL, level=settings.log_level)
    uvloop.run(serve(settings, BENCH_POOL, tasks(ServerAddress(words[0], int(words[1]))) if words else TASKS))
