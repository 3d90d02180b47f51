"""Fair slots: slots of one process that tenants share, so that none of them can take all."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class FairSlots:
    """`size` slots. A key takes another one only while it holds fewer than are free: the pull's rule, too.

    So one key alone gets half of them, and beside any number of keys that have work a new one finds a slot.
    Of those that wait the one that holds the fewest comes first, and equals take turns.
    """

    def __init__(self, size: int) -> None:
        self.size, self.held = size, Counter[Hashable]()
        #: In the order of turns.
        self.waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def slot(self, key: Hashable) -> AsyncIterator[None]:
        """A slot for the block."""
        if not self.take(key):
            await self.wait(key)
        try:
            yield
        finally:
            self.release(key)

    def take(self, key: Hashable) -> bool:
        """Take a slot if the key may have one now. Nobody who waits is passed over: none of them may."""
        if self.held[key] >= self.size - self.held.total():
            return False
        self.held[key] += 1
        return True

    def release(self, key: Hashable) -> None:
        """Give a slot back, and admit who waits and may have it."""
        self._give_back(key)
        while self.waiting and self.take(first := min(self.waiting, key=self.held.__getitem__)):
            self._admit(first)

    async def wait(self, key: Hashable) -> None:
        """Take a slot once the key may have one."""
        granted = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(key, deque()).append(granted)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.release(key)
            else:
                self._forget(key, granted)
            raise

    def _admit(self, key: Hashable) -> None:
        """The key's first waiter has the slot; its next one stands behind the other keys."""
        line = self.waiting.pop(key)
        first = line.popleft()
        if line:
            self.waiting[key] = line
        if first.cancelled():
            self._give_back(key)
        else:
            first.set_result(None)

    def _give_back(self, key: Hashable) -> None:
        self.held[key] -= 1
        if not self.held[key]:
            del self.held[key]

    def _forget(self, key: Hashable, granted: asyncio.Future[None]) -> None:
        """A waiter that was canceled; one that a release met first is in no line any more."""
        line = self.waiting.get(key, deque())
        if granted in line:
            line.remove(granted)
        if not line:
            self.waiting.pop(key, None)
