"""Seeded load of a rehearsal: the jobs that its submitters request."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from jobs.kinds import Kind
from rehearsal import kinds
from rehearsal.schedule import LEASE_S


class Errand(NamedTuple):
    """One job to submit under an Idempotency-Key; seconds count from its acceptance."""

    key: str
    tenant: UUID
    kind: Kind
    args: dict[str, Any]
    unique_key: str | None = None
    due_in_s: float = 0.0
    cancel_after_s: float | None = None


class Portion(NamedTuple):
    """A job kind's share of the load, in percent, with ranges for its delay, duration and time to
    cancellation.
    """

    kind: Kind
    of_hundred: int
    due_in_s: tuple[float, float] = (0.0, 0.0)
    takes_s: tuple[float, float] | None = None
    cancel_after_s: tuple[float, float] | None = None
    unique: bool = False


MIX = (
    Portion(kinds.NONE, 16),
    Portion(kinds.WRITE, 20),
    Portion(kinds.WRITE, 8, due_in_s=(0.5, 6.0)),
    Portion(kinds.WRITE, 6, unique=True),
    Portion(kinds.STEPS, 9),
    Portion(kinds.CALL, 13),
    Portion(kinds.FLAKY, 7),
    Portion(kinds.EARLY, 6),
    Portion(kinds.LONG, 4, takes_s=(1.2 * LEASE_S, 2.5 * LEASE_S)),
    Portion(kinds.HELD, 5, takes_s=(1.0, 3.0), cancel_after_s=(0.0, 2.0)),
    Portion(kinds.CHAIN, 4),
    Portion(kinds.DOOMED, 2),
)

#: Seconds, at most, of an open commit, and between two steps.
PAUSE_S = 0.3

#: Unique keys of each tenant: few, so that unique jobs collide.
UNIQUE_KEYS = 2


def errands(seed: int, tenants: Sequence[UUID]) -> Iterator[Errand]:
    """Yield jobs without end, each with a new key."""
    chance = random.Random(f"load {seed}")
    number = 0
    while True:
        number += 1
        (portion,) = chance.choices(MIX, [portion.of_hundred for portion in MIX])
        yield _errand(f"{seed}-{number}", chance.choice(tenants), portion, chance)


def _errand(key: str, tenant: UUID, portion: Portion, chance: random.Random) -> Errand:
    args: dict[str, Any] = {
        "key": key, "failures": chance.randint(1, 3), "snoozes": chance.randint(1, 2), "left": 2,
        "pause_s": chance.uniform(0, PAUSE_S), "takes_s": chance.uniform(*portion.takes_s or (0, 0)),
    }  # fmt: skip
    return Errand(
        key,
        tenant,
        portion.kind,
        args,
        unique_key=f"unique {chance.randrange(UNIQUE_KEYS)}" if portion.unique else None,
        due_in_s=chance.uniform(*portion.due_in_s),
        cancel_after_s=chance.uniform(*portion.cancel_after_s) if portion.cancel_after_s else None,
    )
