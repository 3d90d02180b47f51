"""A receiver outside of the platform: it takes each key once, and loses some of its answers.

What it takes is an effect that no transaction of ours can undo. A call is a line of JSON with a key; the
answer is a line that says whether the key was new.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from rehearsal.acceptor import accepting
from rehearsal.proxy import Address

#: Seconds that a caller waits for the answer.
PATIENCE_S = 2.0
#: Of a hundred calls, so many are taken without an answer, and so many lost on their way.
UNANSWERED, UNHEARD = 10, 5


class Call(msgspec.Struct):
    job: str
    key: str


class Receiver:
    """`taken` counts by job the calls that took effect: one for each key that it met."""

    def __init__(self, seed: int) -> None:
        self.taken = Counter[str]()
        self._keys = set[str]()
        self._chance = random.Random(f"receiver {seed}")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One call a connection."""
        call = msgspec.json.decode(await reader.readline(), type=Call)
        luck = self._chance.randrange(100)
        if luck < UNHEARD:
            return
        new = self.take(call)
        if luck >= UNHEARD + UNANSWERED:
            writer.write(msgspec.json.encode(new) + b"\n")

    def take(self, call: Call) -> bool:
        new = call.key not in self._keys
        self._keys.add(call.key)
        self.taken[call.job] += new
        return new


async def tell(receiver: Address, call: Call) -> None:
    """Make a call and wait for its answer. Raises OSError when there is none: it may have been taken."""
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(*receiver)
        try:
            writer.write(msgspec.json.encode(call) + b"\n")
            if not await reader.readline():
                raise ConnectionError("the receiver hung up without an answer")
        finally:
            writer.close()


@asynccontextmanager
async def receiving(seed: int) -> AsyncIterator[tuple[Receiver, Address]]:
    """A receiver and where it is, while the block runs."""
    receiver = Receiver(seed)
    async with accepting(receiver.serve) as port:
        yield receiver, Address("127.0.0.1", port)
