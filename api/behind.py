"""Work behind the answers: what requests leave to be written, which none of them waits for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

#: Seconds that the end of a process waits for what is due.
LAST_S = 2.0


@asynccontextmanager
async def written_behind(
    came: asyncio.Event, write_due: Callable[[], Awaitable[None]], *, rest_s: float = 0.0
) -> AsyncIterator[None]:
    """Whenever something came, it is written, until the block ends, and then what is due.

    Between two writings it rests, so that much that comes is little to write.
    """
    writer = asyncio.create_task(_write(came, write_due, rest_s))
    try:
        yield
    finally:
        writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                await write_due()


async def _write(came: asyncio.Event, write_due: Callable[[], Awaitable[None]], rest_s: float) -> None:
    while True:
        await came.wait()
        await write_due()
        await asyncio.sleep(rest_s)
