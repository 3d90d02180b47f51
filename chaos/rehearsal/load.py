"""Seeded load of a rehearsal: the jobs that its submitters request."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from chaos.rehearsal import tasks
from chaos.rehearsal.schedule import REHEARSAL_LEASE_S
from jobs.kinds import JobKindSpec


class RehearsalJobSpec(NamedTuple):
    """One job to submit under an Idempotency-Key; seconds count from its acceptance."""

    key: str
    tenant: UUID
    kind: JobKindSpec
    args: dict[str, Any]
    unique_key: str | None = None
    due_in_s: float = 0.0
    cancel_after_s: float | None = None


class RehearsalLoadMixEntry(NamedTuple):
    """A job kind's share of the load, in percent, with ranges for its delay, duration and time to
    cancellation.
    """

    kind: JobKindSpec
    percent: int
    due_in_s: tuple[float, float] = (0.0, 0.0)
    takes_s: tuple[float, float] | None = None
    cancel_after_s: tuple[float, float] | None = None
    unique: bool = False


REHEARSAL_LOAD_MIX = (
    RehearsalLoadMixEntry(tasks.NO_EFFECT_REHEARSAL_KIND, 16),
    RehearsalLoadMixEntry(tasks.ONE_WRITE_REHEARSAL_KIND, 10),
    RehearsalLoadMixEntry(tasks.GROUPED_WRITE_REHEARSAL_KIND, 10),
    RehearsalLoadMixEntry(tasks.ONE_WRITE_REHEARSAL_KIND, 8, due_in_s=(0.5, 6.0)),
    RehearsalLoadMixEntry(tasks.ONE_WRITE_REHEARSAL_KIND, 6, unique=True),
    RehearsalLoadMixEntry(tasks.NAMED_STEPS_REHEARSAL_KIND, 9),
    RehearsalLoadMixEntry(tasks.RECEIVER_CALL_REHEARSAL_KIND, 13),
    RehearsalLoadMixEntry(tasks.FAIL_FIRST_REHEARSAL_KIND, 7),
    RehearsalLoadMixEntry(tasks.SNOOZE_FIRST_REHEARSAL_KIND, 6),
    RehearsalLoadMixEntry(
        tasks.LONGER_THAN_LEASE_REHEARSAL_KIND, 4, takes_s=(1.2 * REHEARSAL_LEASE_S, 2.5 * REHEARSAL_LEASE_S)
    ),
    RehearsalLoadMixEntry(tasks.WAIT_FOR_CANCEL_REHEARSAL_KIND, 5, takes_s=(1.0, 3.0), cancel_after_s=(0.0, 2.0)),
    RehearsalLoadMixEntry(tasks.JOB_CHAIN_REHEARSAL_KIND, 4),
    RehearsalLoadMixEntry(tasks.ALWAYS_FAILING_REHEARSAL_KIND, 2),
)

#: Seconds, at most, of an open commit, and between two steps.
MAX_REHEARSED_JOB_PAUSE_S = 0.3

#: Unique keys of each tenant: few, so that unique jobs collide.
REHEARSAL_UNIQUE_KEYS_PER_TENANT = 2


def generate_rehearsal_job_specs(seed: int, tenants: Sequence[UUID]) -> Iterator[RehearsalJobSpec]:
    """Yield a rehearsal's job specs without end, drawn by a seed, each with a new key."""
    chance = random.Random(f"load {seed}")
    number = 0
    while True:
        number += 1
        (entry,) = chance.choices(REHEARSAL_LOAD_MIX, [entry.percent for entry in REHEARSAL_LOAD_MIX])
        yield _draw_job_spec(f"{seed}-{number}", chance.choice(tenants), entry, chance)


def _draw_job_spec(key: str, tenant: UUID, entry: RehearsalLoadMixEntry, chance: random.Random) -> RehearsalJobSpec:
    args: dict[str, Any] = {
        "key": key, "failures": chance.randint(1, 3), "snoozes": chance.randint(1, 2), "left": 2,
        "pause_s": chance.uniform(0, MAX_REHEARSED_JOB_PAUSE_S), "takes_s": chance.uniform(*entry.takes_s or (0, 0)),
    }  # fmt: skip
    return RehearsalJobSpec(
        key,
        tenant,
        entry.kind,
        args,
        unique_key=f"unique {chance.randrange(REHEARSAL_UNIQUE_KEYS_PER_TENANT)}" if entry.unique else None,
        due_in_s=chance.uniform(*entry.due_in_s),
        cancel_after_s=chance.uniform(*entry.cancel_after_s) if entry.cancel_after_s else None,
    )
