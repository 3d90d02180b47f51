"""The one way in which a worker gets work: pull as many jobs as it has free slots, when there is a reason.

Reasons: a message, a job's end, the start, and a second without a pull: so neither Redis nor the
dispatcher is needed for a job to start.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from db.pool import Pool
from db.reach import PASSING, reaching
from jobs import ledger
from jobs.courier import Courier
from jobs.kinds import Kind
from jobs.ledger import Claim, Wake
from telemetry import metrics
from workers.runtime.slots import Slots

BY_ITSELF_S = 1.0

#: With a backlog and only few slots free, pause for this many times what the last pull took.
PACE = 4

#: Without one, rest for as long as the last pull took, up to `PACE` times that if it brought as many jobs,
#: and at most so long: a stream of messages is served by fewer pulls that bring more each.
REST_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Puller:
    """`worker_id` gives the id under which this process holds its lease now; `start` begins its work."""

    pool_name: str
    kinds: Sequence[Kind]
    pool: Pool
    slots: Slots
    courier: Courier
    worker_id: Callable[[], UUID]
    start: Callable[[Claim], None]

    async def run(self) -> None:
        """Until the desk is closed. It mustn't be canceled: claims whose answer is cut off have nobody."""
        clock = asyncio.get_running_loop().time
        while not self.slots.closed:
            started, free = clock(), self.slots.free
            claims = await self._pull(free)
            await self._take(claims, filled=len(claims) == free > 0)
            await self._reason(clock() - started, brought=len(claims))

    async def _pull(self, free: int) -> list[Claim]:
        try:
            with reaching(), metrics.PULL.time():
                async with self.pool.acquire() as conn:
                    return await ledger.pull(
                        conn, pool=self.pool_name, worker_id=self.worker_id(), free=free, kinds=self.kinds
                    )
        except PASSING:
            return []

    async def _take(self, claims: Sequence[Claim], *, filled: bool) -> None:
        for claim in claims:
            self.start(claim)
            metrics.JOBS_CLAIMED.labels(claim.kind).inc()
        if filled and not self.slots.backlog:
            # There may be more than this worker can take: wake another one, once.
            await self.courier.send(Wake(self.pool_name, claims[-1].kind, claims[-1].id))
        self.slots.backlog = filled
        if filled:
            # What rang during the pull rang for slots that it has filled.
            self.slots.wake.clear()
            self.slots.notify()

    async def _reason(self, took_s: float, *, brought: int) -> None:
        """Wait for a free slot, and then for a wake or long enough."""
        if not self.slots.backlog:
            # What comes meanwhile comes with the next one.
            await asyncio.sleep(min(took_s * min(max(brought, 1), PACE), REST_S))
        await self.slots.has_free_slots.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(
                min(PACE * took_s, BY_ITSELF_S) if self.slots.backlog else BY_ITSELF_S
            ):
                await self.slots.wake.wait()
        self.slots.wake.clear()
