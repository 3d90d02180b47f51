"""Short outages of Postgres: a pool waits for the end of a restart instead of failing its callers."""

import asyncio
from typing import Any

import asyncpg

from db.reach import means_postgres_away

#: Seconds from the begin of an outage for which callers wait for a connection. Later ones have time for one attempt.
MAX_OUTAGE_WAIT_S, LATE_ATTEMPT_TIMEOUT_S = 3.0, 1.0
OUTAGE_RETRY_PAUSE_S = 0.1


class OutageTolerantConnector:
    """Opens the connections of one pool. No statement was sent yet, so a retry repeats nothing."""

    def __init__(self) -> None:
        #: The begin of the first failed attempt since the last success, in the loop's seconds.
        self._outage_began: float | None = None

    async def connect(self, *args: Any, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
        """Open a connection as `asyncpg.connect` does; retry until the outage has taken `MAX_OUTAGE_WAIT_S`.

        An attempt ends with that time or, if that is later, after `LATE_ATTEMPT_TIMEOUT_S`. The option `timeout`, in
        seconds, limits it too.

        Raise the last error of a longer outage, and any other error at once.
        """
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            left_s = (self._outage_began or began) + MAX_OUTAGE_WAIT_S - began
            limit_s = min(options["timeout"], max(left_s, LATE_ATTEMPT_TIMEOUT_S))
            try:
                connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
                    *args, **{**options, "timeout": limit_s}
                )
            except Exception as error:
                if not means_postgres_away(error):
                    raise
                self._outage_began = self._outage_began or began
                if loop.time() - self._outage_began >= MAX_OUTAGE_WAIT_S:
                    raise
            else:
                self._outage_began = None
                return connection
            await asyncio.sleep(OUTAGE_RETRY_PAUSE_S)
