"""Work behind the answers: what requests leave to be written, which none of them waits for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from telemetry import logs

#: Seconds that the end of a process waits for what is due.
LAST_S = 2.0

_log = logs.get("api.behind")


@asynccontextmanager
async def written_behind(
    came: asyncio.Event, write_due: Callable[[], Awaitable[None]], *, rest_s: float = 0.0
) -> AsyncIterator[None]:
    """Whenever something came, it is written, until the block ends, and then what is due.

    Between two writings it rests, so that much that comes is little to write. What one that fails leaves is
    written with what comes next.
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
                await _write_once(write_due)


async def _write(came: asyncio.Event, write_due: Callable[[], Awaitable[None]], rest_s: float) -> None:
    while True:
        await came.wait()
        await _write_once(write_due)
        await asyncio.sleep(rest_s)


async def _write_once(write_due: Callable[[], Awaitable[None]]) -> None:
    try:
        await write_due()
    except Exception as error:  # noqa: BLE001  nobody waits who could raise it
        # Its text may have what people did.
        _log.error("what requests left can't be written", error=type(error).__name__)
