"""`python -m tests.chaos.rehearsal.broken`: the `tenantry` command, with broken workers in its rehearsals."""

from chaos.rehearsal import hosts
from cli.__main__ import main

if __name__ == "__main__":
    hosts.REHEARSAL_WORKER_MODULE = "tests.chaos.rehearsal.broken_worker"
    main()
