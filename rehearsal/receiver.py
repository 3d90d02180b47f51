"""External effect receiver: accepts each key once, and drops some responses.

An accepted call is an effect outside of Postgres, so no transaction can undo it. A call is a line of JSON
with a key; the response line states whether the key was new.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from rehearsal.acceptor import accepting
from rehearsal.proxy import Address

#: Seconds that a caller waits for the response.
PATIENCE_S = 2.0
#: Percent of calls accepted without a response, and percent dropped before the receiver reads them.
UNANSWERED, UNHEARD = 10, 5


class Call(msgspec.Struct):
    job: str
    key: str


class Receiver:
    """`taken` counts accepted calls by job: one for each new key."""

    def __init__(self, seed: int) -> None:
        self.taken = Counter[str]()
        self._keys = set[str]()
        self._chance = random.Random(f"receiver {seed}")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one call."""
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
    """Make a call and wait for its response. Raises OSError without one; the call may have been accepted."""
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(*receiver)
        try:
            writer.write(msgspec.json.encode(call) + b"\n")
            if not await reader.readline():
                raise ConnectionError("the receiver closed the connection without a response")
        finally:
            writer.close()


@asynccontextmanager
async def receiving(seed: int) -> AsyncIterator[tuple[Receiver, Address]]:
    """Run a receiver while the block runs; yields it with its address."""
    receiver = Receiver(seed)
    async with accepting(receiver.serve) as port:
        yield receiver, Address("127.0.0.1", port)
