"""Job kinds of rehearsals, and the expected effects of each completed job."""

from typing import NamedTuple

from chaos.tasks import POOL
from jobs.kinds import Kind

_ANY = Kind("", POOL, "jobs:read", timeout_s=60, max_attempts=20, total_s=3600)


class Effects(NamedTuple):
    """Effects of a completed job: rows in the table of effects, and calls that the receiver accepted.

    `late`: only the commit writes the rows, so a job that isn't completed has none.
    """

    rows: int = 0
    calls: int = 0
    late: bool = True


#: `rehearse_none` does nothing, `_write` inserts a row in its commit, `_steps` in each of three named steps,
#: `_call` calls the receiver with a key from a named step, `_flaky` fails first, `_early` snoozes, `_long`
#: outlives a lease, `_held` waits to be canceled, `_chain` submits the next job in its commit, and `_doomed`
#: always fails.
NONE, WRITE, STEPS, CALL, FLAKY, EARLY, LONG, HELD, CHAIN, DOOMED = (
    _ANY._replace(name=f"rehearse_{word}")
    for word in "none write steps call flaky early long held chain doomed".split()
)

ROW = Effects(rows=1)
EFFECTS = {
    NONE.name: Effects(),
    WRITE.name: ROW,
    STEPS.name: Effects(rows=3, late=False),
    CALL.name: Effects(rows=1, calls=1),
    FLAKY.name: ROW,
    EARLY.name: ROW,
    LONG.name: ROW,
    HELD.name: ROW,
    CHAIN.name: ROW,
    DOOMED.name: Effects(),
}
