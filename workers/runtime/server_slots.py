"""Server slots: a limit on the worker's slots that attempts at one server may hold, over all tenants.

Otherwise a slow server that many tenants use would hold all slots.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from uuid import UUID

from schemas.errors import ServerBusy
from workers.runtime.fair_slots import FairSlots
from workers.runtime.slots import Slots

#: The part of a worker's slots that attempts at one server may hold.
SHARE = 0.75
#: Seconds that an attempt waits for its server; then its job is snoozed.
WAIT_S = 10.0
#: Attempts that have yielded their slot during a remote wait, for each slot of the worker.
MOST_PARKED = 25


class ServerSlots:
    """Slots of each server, which tenants share. An attempt that waits for one yields its worker's slot.

    At most as many attempts wait as the worker has slots.
    """

    def __init__(self, slots: Slots) -> None:
        self.slots, self.size = slots, max(1, int(slots.size * SHARE))
        self.servers: dict[str, FairSlots] = {}

    @asynccontextmanager
    async def at(self, server: str, *, tenant: UUID) -> AsyncIterator[None]:
        """Hold a slot of the server for the block. Raises `ServerBusy`."""
        mine = self.servers.setdefault(server, FairSlots(self.size))
        if not mine.take(tenant):
            await self._wait(mine, tenant)
        try:
            yield
        finally:
            mine.release(tenant)
            if not mine.held:
                del self.servers[server]

    def parked(self) -> AbstractContextManager[None]:
        """Yield an attempt's slot for the block; keep it if `MOST_PARKED` for each slot have yielded."""
        return self.slots.parking() if self.slots.parked < MOST_PARKED * self.slots.size else nullcontext()

    async def _wait(self, mine: FairSlots, tenant: UUID) -> None:
        if self.slots.parked >= self.slots.size:
            raise ServerBusy
        with self.slots.parking():
            try:
                async with asyncio.timeout(WAIT_S):
                    await mine.wait(tenant)
            except TimeoutError as error:
                raise ServerBusy from error
