"""`python -m tests.rehearsal.broken`: the `tenantry` command, whose rehearsals have broken workers."""

from cli.__main__ import main
from rehearsal import hosts

if __name__ == "__main__":
    hosts.WORKER = "tests.rehearsal.broken_worker"
    main()
