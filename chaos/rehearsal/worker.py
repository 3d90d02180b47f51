"""`python -m chaos.rehearsal.worker HOST PORT`: a worker of a rehearsal's kinds; the receiver is at HOST and
PORT.
"""

import os
import sys

import uvloop

from chaos.proxy import Address
from chaos.rehearsal.tasks import tasks
from chaos.tasks import POOL
from schemas.settings import from_env
from telemetry import logs
from workers.runtime.worker import serve

if __name__ == "__main__":
    outside = Address(sys.argv[1], int(sys.argv[2]))
    logs.configure(process="rehearsal")
    uvloop.run(serve(from_env(os.environ), POOL, tasks(outside)))
