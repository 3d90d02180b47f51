"""Write-behind buffer: handlers queue rows, and a background task writes them after the response."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from telemetry import logs

#: Seconds that the shutdown waits for the last write.
MAX_SHUTDOWN_WAIT_FOR_BUFFERED_WRITE_S = 2.0

_log = logs.get_logger("api.events.write_behind")


@asynccontextmanager
async def run_background_buffer_writer(
    pending: asyncio.Event, write_due: Callable[[], Awaitable[None]], *, pause_s: float = 0.0
) -> AsyncIterator[None]:
    """Run a background task that calls `write_due` each time `pending` is set, and at the block's end.

    The task sleeps `pause_s` between two writes, so that many rows become one write. Errors are only logged:
    `write_due` keeps or drops its rows. The last write may take `MAX_SHUTDOWN_WAIT_FOR_BUFFERED_WRITE_S`.
    """
    writer = asyncio.create_task(_write_due_rows_when_signaled(pending, write_due, pause_s))
    try:
        yield
    finally:
        writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_SHUTDOWN_WAIT_FOR_BUFFERED_WRITE_S):
                await _write_due_rows_and_log_failure(write_due)


async def _write_due_rows_when_signaled(
    pending: asyncio.Event, write_due: Callable[[], Awaitable[None]], pause_s: float
) -> None:
    while True:
        await pending.wait()
        await _write_due_rows_and_log_failure(write_due)
        await asyncio.sleep(pause_s)


async def _write_due_rows_and_log_failure(write_due: Callable[[], Awaitable[None]]) -> None:
    try:
        await write_due()
    except Exception as error:  # noqa: BLE001  no caller awaits this
        # The error's text is not logged: it may contain personal data from events.
        _log.error("write-behind failed", error=type(error).__name__)
