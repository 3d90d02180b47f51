"""`python -m chaos.worker`: a worker of the pool `bench`, like `python -m workers` for other pools."""

import os

import uvloop

from chaos.tasks import POOL, TASKS
from schemas.settings import from_env
from telemetry import logs
from workers.runtime.worker import serve

if __name__ == "__main__":
    settings = from_env(os.environ)
    logs.configure(process=POOL, level=settings.log_level)
    uvloop.run(serve(settings, POOL, TASKS))
