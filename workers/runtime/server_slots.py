"""Server slots: the part of a worker's slots that attempts at one server may hold, whoever's they are.

A server that many tenants use, and that answers late, would hold all of them.
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
#: Seconds that an attempt waits for its server; then its job comes again later.
WAIT_S = 10.0
#: Attempts that wait for somebody's answer without a slot, for each slot of the worker.
MOST_PARKED = 25


class ServerSlots:
    """Slots of each server, which tenants share. An attempt that waits for one gives its own back meanwhile.

    At most as many attempts wait as the worker has slots.
    """

    def __init__(self, slots: Slots) -> None:
        self.slots, self.size = slots, max(1, int(slots.size * SHARE))
        self.servers: dict[str, FairSlots] = {}

    @asynccontextmanager
    async def at(self, server: str, *, tenant: UUID) -> AsyncIterator[None]:
        """A slot of the server for the block. Raises `ServerBusy`."""
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
        """Give an attempt's slot back for the block; it keeps it where `MOST_PARKED` have done so."""
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
