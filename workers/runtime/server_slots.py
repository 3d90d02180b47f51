"""Server slots: a limit on the worker's slots that attempts at one server may hold, over all tenants.

Otherwise a slow server that many tenants use would hold all slots.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from uuid import UUID

from schemas.errors import NoFreeServerSlot
from workers.runtime.fair_slots import SlotsSharedFairlyByTenants
from workers.runtime.slots import WorkerSlots

#: The part of a worker's slots that attempts at one server may hold.
MAX_SLOT_SHARE_PER_SERVER = 0.75
#: Seconds that an attempt waits for its server; then its job is snoozed.
MAX_REMOTE_SERVER_SLOT_WAIT_S = 10.0
#: Attempts that have yielded their slot during a remote wait, for each slot of the worker.
MAX_YIELDED_ATTEMPTS_PER_SLOT = 25


class RemoteServerSlots:
    """Slots of each server, which tenants share. An attempt that waits for one yields its worker's slot.

    None may wait while as many attempts have yielded theirs, for any reason, as the worker has slots.
    """

    def __init__(self, slots: WorkerSlots) -> None:
        self.slots, self.size = slots, max(1, int(slots.size * MAX_SLOT_SHARE_PER_SERVER))
        self.servers: dict[str, SlotsSharedFairlyByTenants] = {}

    @asynccontextmanager
    async def hold_server_slot(self, server: str, *, tenant: UUID) -> AsyncIterator[None]:
        """Wait for one of this worker's slots for a remote server, for a tenant; hold it during the block.

        Raise `NoFreeServerSlot` after a maximum wait, or at once if too many attempts have yielded their slot.
        """
        server_slots = self.servers.setdefault(server, SlotsSharedFairlyByTenants(self.size))
        if not server_slots.try_take_slot(tenant):
            await self._wait_for_server_slot(server_slots, tenant)
        try:
            yield
        finally:
            server_slots.release_slot(tenant)
            if not server_slots.held:
                del self.servers[server]

    def yield_worker_slot(self) -> AbstractContextManager[None]:
        """Free a job attempt's slot of the worker during the block, which waits for a remote response.

        The attempt keeps its slot if `MAX_YIELDED_ATTEMPTS_PER_SLOT` attempts for each slot have yielded theirs.
        """
        if self.slots.yielded < MAX_YIELDED_ATTEMPTS_PER_SLOT * self.slots.size:
            return self.slots.yield_worker_slot()
        return nullcontext()

    async def _wait_for_server_slot(self, server_slots: SlotsSharedFairlyByTenants, tenant: UUID) -> None:
        if self.slots.yielded >= self.slots.size:
            raise NoFreeServerSlot
        with self.slots.yield_worker_slot():
            try:
                async with asyncio.timeout(MAX_REMOTE_SERVER_SLOT_WAIT_S):
                    await server_slots.wait_for_slot(tenant)
            except TimeoutError as error:
                raise NoFreeServerSlot from error
