"""The load of a rehearsal: which jobs its submitters ask for, all of it by a seed."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from jobs.kinds import Kind
from rehearsal import kinds
from rehearsal.schedule import LEASE_S


class Errand(NamedTuple):
    """One job to submit under an Idempotency-Key; seconds are counted from when it is accepted."""

    key: str
    tenant: UUID
    kind: Kind
    args: dict[str, Any]
    unique_key: str | None = None
    due_in_s: float = 0.0
    cancel_after_s: float | None = None


class Share(NamedTuple):
    """A kind's part of a hundred errands. The bounds say how long one takes, waits, or lives uncanceled."""

    kind: Kind
    of_hundred: int
    due_in_s: tuple[float, float] = (0.0, 0.0)
    takes_s: tuple[float, float] | None = None
    cancel_after_s: tuple[float, float] | None = None
    unique: bool = False


MIX = (
    Share(kinds.NONE, 16),
    Share(kinds.WRITE, 20),
    Share(kinds.WRITE, 8, due_in_s=(0.5, 6.0)),
    Share(kinds.WRITE, 6, unique=True),
    Share(kinds.STEPS, 9),
    Share(kinds.CALL, 13),
    Share(kinds.FLAKY, 7),
    Share(kinds.EARLY, 6),
    Share(kinds.LONG, 4, takes_s=(1.2 * LEASE_S, 2.5 * LEASE_S)),
    Share(kinds.HELD, 5, takes_s=(1.0, 3.0), cancel_after_s=(0.0, 2.0)),
    Share(kinds.CHAIN, 4),
    Share(kinds.DOOMED, 2),
)

#: Seconds, at most, for which a commit stays open, and between two steps.
PAUSE_S = 0.3

#: Unique jobs have one of so many keys of their tenant, so that they meet.
UNIQUE_KEYS = 2


def errands(seed: int, tenants: Sequence[UUID]) -> Iterator[Errand]:
    """Without end; their keys are unlike each other."""
    chance = random.Random(f"load {seed}")
    number = 0
    while True:
        number += 1
        (share,) = chance.choices(MIX, [share.of_hundred for share in MIX])
        yield _errand(f"{seed}-{number}", chance.choice(tenants), share, chance)


def _errand(key: str, tenant: UUID, share: Share, chance: random.Random) -> Errand:
    args: dict[str, Any] = {
        "key": key, "failures": chance.randint(1, 3), "snoozes": chance.randint(1, 2), "left": 2,
        "pause_s": chance.uniform(0, PAUSE_S), "takes_s": chance.uniform(*share.takes_s or (0, 0)),
    }  # fmt: skip
    return Errand(
        key,
        tenant,
        share.kind,
        args,
        unique_key=f"unique {chance.randrange(UNIQUE_KEYS)}" if share.unique else None,
        due_in_s=chance.uniform(*share.due_in_s),
        cancel_after_s=chance.uniform(*share.cancel_after_s) if share.cancel_after_s else None,
    )
