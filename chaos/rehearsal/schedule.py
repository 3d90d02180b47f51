"""Seeded schedule of a rehearsal's faults: kind, time, target and duration."""

import random
from collections.abc import Iterator
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple

#: Seconds of every lease in a rehearsal: short, so that even a short rehearsal includes a rescue.
REHEARSAL_LEASE_S = 2.0

#: Seconds of load before the first fault; minimum and maximum seconds between two faults.
FIRST_FAULT_AFTER_S, FAULT_PAUSE_RANGE_S = 2.0, (1.5, 4.5)


class RehearsalFaultKind(StrEnum):
    """A kind of fault, as the report's table shows it."""

    KILL_WORKER = "kill worker"
    STOP_WORKER = "stop worker"
    FREEZE_WORKER = "freeze worker"
    KILL_DISPATCHER = "kill dispatcher"
    EMPTY_REDIS = "empty Redis"
    RESTART_REDIS = "restart Redis"
    RESTART_POSTGRES = "restart Postgres"
    CRASH_POSTGRES = "crash Postgres"
    CUT = "cut connections"
    STALL = "stall connections"
    HALF_OPEN = "lose answers"


#: Duration of a fault in seconds, minimum and maximum; other faults are instantaneous.
FAULT_DURATIONS_S = {
    RehearsalFaultKind.FREEZE_WORKER: (1.5 * REHEARSAL_LEASE_S, 2.5 * REHEARSAL_LEASE_S),
    RehearsalFaultKind.RESTART_REDIS: (0.5, 3.0),
    RehearsalFaultKind.RESTART_POSTGRES: (0.0, 2.0),
    RehearsalFaultKind.CRASH_POSTGRES: (0.0, 2.0),
    RehearsalFaultKind.STALL: (0.25 * REHEARSAL_LEASE_S, 2.5 * REHEARSAL_LEASE_S),
    RehearsalFaultKind.HALF_OPEN: (0.25 * REHEARSAL_LEASE_S, 2.5 * REHEARSAL_LEASE_S),
}


class ScheduledFault(NamedTuple):
    """A scheduled fault: seconds from the begin of the load; `chance` in [0, 1) selects the target."""

    at_s: float
    fault: RehearsalFaultKind
    chance: float
    lasts_s: float


def schedule_rehearsal_faults(seed: int, seconds: float) -> list[ScheduledFault]:
    """Return the faults of a rehearsal. A longer rehearsal with the same seed begins with the same faults.

    The schedule runs in rounds of all faults, so that a short rehearsal covers each of them.
    """
    return [*takewhile(lambda scheduled: scheduled.at_s < seconds, _generate_faults(random.Random(f"faults {seed}")))]


def _generate_faults(chance: random.Random) -> Iterator[ScheduledFault]:
    at_s = FIRST_FAULT_AFTER_S
    while True:
        for fault in chance.sample([*RehearsalFaultKind], len(RehearsalFaultKind)):
            lasts_s = chance.uniform(*FAULT_DURATIONS_S.get(fault, (0.0, 0.0)))
            yield ScheduledFault(round(at_s, 2), fault, chance.random(), round(lasts_s, 2))
            at_s += chance.uniform(*FAULT_PAUSE_RANGE_S)
