"""Chore that submits the jobs of lines with due conversions.

It looks in the event store, and submits in the main database, which may be another one. The job is unique
for its line: however often the same is found, and whatever dies between, one runs.
"""

import asyncio

from db.pool import Conn, connected
from db.reach import reaching
from domain.events import conversion_lines, conversions
from schemas.errors import Unavailable
from workers.dispatcher.chore import Chore

EVERY_S = 0.5

#: Seconds that the main database may cost as a whole, also a silent one: the counts of events wait meanwhile.
PATIENCE_S = 3.0


class Look:
    """A walk around all lines with something pending, a batch at a time: none waits behind another."""

    def __init__(self, database_url: str) -> None:
        self._database_url, self._after = database_url, conversions.FIRST

    async def submit(self, conn: Conn) -> int:
        """Look at a batch of lines; how many, or as many as a full batch where others follow."""
        lines, last = await conversions.find_lines(conn, after=self._after)
        if lines and not await self._submit(lines):
            return 0
        self._after = last
        return 0 if last == conversions.FIRST else conversions.LINES

    async def _submit(self, lines: list[conversions.Line]) -> bool:
        """False while the main database is away: the same lines are looked for again."""
        try:
            with reaching():
                async with asyncio.timeout(PATIENCE_S):
                    await self._submit_in_main(lines)
        except Unavailable:
            return False
        return True

    async def _submit_in_main(self, lines: list[conversions.Line]) -> None:
        """Not in one transaction: what a slow database has come to by then stays."""
        async with connected(self._database_url, name="conversions") as main:
            try:
                await conversion_lines.submit(main, lines=lines)
            except BaseException:
                # A close would wait for the answer to what was cut off.
                main.terminate()
                raise


def relay(database_url: str) -> Chore:
    return Chore("submit_conversions", EVERY_S, Look(database_url).submit, batch=conversions.LINES)
