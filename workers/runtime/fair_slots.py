"""Fair slots: tenants share the slots of one process, and no tenant can take all of them."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class SlotsSharedFairlyByTenants:
    """`size` slots. A key gets another slot only while it holds fewer than are free, as in the pull.

    So a single busy key gets half of them, two get three quarters: some stay free for a few new keys. Of the
    waiting keys, the key with the fewest slots is first; equal keys take turns.
    """

    def __init__(self, size: int) -> None:
        self.size, self.held = size, Counter[Hashable]()
        #: Waiters by key, in round-robin order.
        self.waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def hold_slot(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for a slot for the tenant `key`, and hold it during the block."""
        if not self.try_take_slot(key):
            await self.wait_for_slot(key)
        try:
            yield
        finally:
            self.release_slot(key)

    def try_take_slot(self, key: Hashable) -> bool:
        """Take a slot for the tenant `key` without a wait; return False if it may have none now.

        A key may have one only while it holds fewer than are free. No waiting key is passed over: none may have one.
        """
        if self.held[key] >= self.size - self.held.total():
            return False
        self.held[key] += 1
        return True

    def release_slot(self, key: Hashable) -> None:
        """Release one slot of the tenant `key`, and hand free slots to the waiters that may have one now."""
        self._decrement_held_slots(key)
        while self.waiting and self.try_take_slot(first := min(self.waiting, key=self.held.__getitem__)):
            self._admit_first_waiter(first)

    async def wait_for_slot(self, key: Hashable) -> None:
        """Wait in the queue until `key` may have another slot, and take that slot."""
        granted = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(key, deque()).append(granted)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.release_slot(key)
            else:
                self._remove_ungranted_waiter(key, granted)
            raise

    def _admit_first_waiter(self, key: Hashable) -> None:
        """Give a slot that was taken for `key` to the key's first waiter.

        The key's other waiters move behind those of all other keys.
        """
        line = self.waiting.pop(key)
        first = line.popleft()
        if line:
            self.waiting[key] = line
        if first.cancelled():
            self._decrement_held_slots(key)
        else:
            first.set_result(None)

    def _decrement_held_slots(self, key: Hashable) -> None:
        self.held[key] -= 1
        if not self.held[key]:
            del self.held[key]

    def _remove_ungranted_waiter(self, key: Hashable, granted: asyncio.Future[None]) -> None:
        """Remove a canceled waiter for a slot from the queue of its key, unless it was removed before."""
        line = self.waiting.get(key, deque())
        if granted in line:
            line.remove(granted)
        if not line:
            self.waiting.pop(key, None)
