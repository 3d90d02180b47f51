"""`python -m tests.rehearsal.broken`: the `tenantry` command, with broken workers in its rehearsals."""

from cli.__main__ import main
from rehearsal import hosts

if __name__ == "__main__":
    hosts.WORKER = "tests.rehearsal.broken_worker"
    main()
