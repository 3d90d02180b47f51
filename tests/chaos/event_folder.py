"""A process that folds events without a pause; tests kill it.

python -m tests.chaos.event_folder URL
"""

import asyncio
import sys
from contextlib import suppress

import uvloop

from db.pool import open_postgres_pool
from db.reach import convert_postgres_away_errors
from domain.events.folds import DeltaFoldRunner
from schemas.errors import ServiceUnavailable

PAUSE_S = 0.02


async def main(url: str) -> None:
    folder = DeltaFoldRunner()
    async with open_postgres_pool(url, name="folder", size=1) as pool:
        while True:
            with suppress(ServiceUnavailable), convert_postgres_away_errors():
                async with pool.acquire() as conn:
                    await folder.fold_each_waiting_shard(conn)
            await asyncio.sleep(PAUSE_S)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
