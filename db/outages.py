"""Short outages of Postgres: a pool waits for the end of a restart instead of failing its callers."""

import asyncio
from typing import Any

import asyncpg

from db.reach import means_postgres_away

#: Seconds from the begin of an outage for which callers wait for a connection. Later ones fail at once.
MAX_OUTAGE_WAIT_S = 3.0
OUTAGE_RETRY_PAUSE_S = 0.1


class OutageTolerantConnector:
    """Opens the connections of one pool. No statement was sent yet, so a retry repeats nothing."""

    def __init__(self) -> None:
        #: The begin of the outage, and its last failed attempt, in the loop's seconds.
        self._outage_began = self._last_failed = float("-inf")

    async def connect(self, *args: Any, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
        """Open a connection as `asyncpg.connect` does; retry until the outage has taken `MAX_OUTAGE_WAIT_S`.

        Raise the last error of a longer outage, and any other error at once.
        """
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                return await asyncpg.connect(*args, **options)
            except Exception as error:
                if not means_postgres_away(error) or self._has_waited_enough(began, loop.time()):
                    raise
            await asyncio.sleep(OUTAGE_RETRY_PAUSE_S)

    def _has_waited_enough(self, began: float, now: float) -> bool:
        if began - self._last_failed > MAX_OUTAGE_WAIT_S:
            self._outage_began = began
        self._last_failed = now
        return now - self._outage_began >= MAX_OUTAGE_WAIT_S
