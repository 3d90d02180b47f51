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

from chaos.loopback_server import serve_loopback_tcp
from chaos.proxy import ServerAddress

#: Seconds that a caller waits for the response.
EFFECT_RECEIVER_TIMEOUT_S = 2.0
#: Calls accepted without a response.
UNANSWERED_EFFECT_CALL_PERCENT = 10
#: Calls dropped before the receiver accepts them.
UNACCEPTED_EFFECT_CALL_PERCENT = 5


class EffectCall(msgspec.Struct):
    job: str
    key: str


class EffectReceiver:
    """`calls_by_job` counts accepted calls by job: one for each new key."""

    def __init__(self, seed: int) -> None:
        self.calls_by_job = Counter[str]()
        self._keys = set[str]()
        self._chance = random.Random(f"receiver {seed}")

    async def serve_call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one call: by seeded chance drop it, accept it without a response, or respond whether its key is new."""
        call = msgspec.json.decode(await reader.readline(), type=EffectCall)
        draw = self._chance.randrange(100)
        if draw < UNACCEPTED_EFFECT_CALL_PERCENT:
            return
        new = self.accept_call(call)
        if draw >= UNACCEPTED_EFFECT_CALL_PERCENT + UNANSWERED_EFFECT_CALL_PERCENT:
            writer.write(msgspec.json.encode(new) + b"\n")

    def accept_call(self, call: EffectCall) -> bool:
        new = call.key not in self._keys
        self._keys.add(call.key)
        self.calls_by_job[call.job] += new
        return new


async def call_effect_receiver(receiver: ServerAddress, call: EffectCall) -> None:
    """Send a call to the effect receiver, and wait for its response, at most `EFFECT_RECEIVER_TIMEOUT_S`.

    Raise OSError without a response; the call may have been accepted.
    """
    async with asyncio.timeout(EFFECT_RECEIVER_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(*receiver)
        try:
            writer.write(msgspec.json.encode(call) + b"\n")
            if not await reader.readline():
                raise ConnectionError("the receiver closed the connection without a response")
        finally:
            writer.close()


@asynccontextmanager
async def run_effect_receiver(seed: int) -> AsyncIterator[tuple[EffectReceiver, ServerAddress]]:
    """Run a receiver of effects on loopback while the block runs. Yields the pair of it and its address."""
    receiver = EffectReceiver(seed)
    async with serve_loopback_tcp(receiver.serve_call) as port:
        yield receiver, ServerAddress("127.0.0.1", port)
