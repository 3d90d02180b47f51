"""Chore that submits the jobs of lines with due conversions.

It reads the event store, and submits in the main database, which may be another one. The job is unique for
its line: one job runs even if a line is found twice, or if either database fails.
"""

import asyncio

from db.pool import Conn, connected
from db.reach import reaching
from domain.events import conversion_lines, conversions
from schemas.errors import Unavailable
from workers.dispatcher.chore import Chore

EVERY_S = 0.5

#: Seconds that the main database may take in total, also when silent: the event counts wait meanwhile.
SUBMIT_TIMEOUT_S = 3.0


class ConversionScan:
    """A round-robin scan of all lines with pending conversions, a batch at a time."""

    def __init__(self, database_url: str) -> None:
        self._database_url, self._after = database_url, conversions.FIRST

    async def submit(self, conn: Conn) -> int:
        """Submit a batch of lines; return its size, or a full batch's while other lines follow."""
        lines, last = await conversions.find_lines(conn, after=self._after)
        if lines and not await self._submit(lines):
            return 0
        self._after = last
        return 0 if last == conversions.FIRST else conversions.SEARCH_LINES

    async def _submit(self, lines: list[conversions.ConversionLine]) -> bool:
        """Submit; return False while the main database is away: the next run then scans the same lines."""
        try:
            with reaching():
                async with asyncio.timeout(SUBMIT_TIMEOUT_S):
                    await self._submit_in_main(lines)
        except Unavailable:
            return False
        return True

    async def _submit_in_main(self, lines: list[conversions.ConversionLine]) -> None:
        """Submit outside of a transaction: jobs that a slow database has inserted before a timeout stay."""
        async with connected(self._database_url, name="conversions") as main:
            try:
                await conversion_lines.submit(main, lines=lines)
            except BaseException:
                # A close would wait for the response to the canceled statement.
                main.terminate()
                raise


def submit_conversions(database_url: str) -> Chore:
    return Chore(
        "submit_conversions", EVERY_S, ConversionScan(database_url).submit, batch=conversions.SEARCH_LINES
    )
