"""A process that sends batches of events and prints the acknowledged ones; tests kill it.

python -m tests.chaos.event_writer URL SEED NUMBERS WRITER    (stdin: batches to skip)
"""

import asyncio
import sys

import uvloop

from db.pool import open_postgres_pool
from domain.events.intake import open_event_intake
from tests.domain.events import racing
from tests.domain.events.sending import new_budgets

#: Clients of the process, each with one batch at a time.
CLIENTS = 8


def acknowledge(turn: int) -> None:
    sys.stdout.write(f"{turn}\n")
    sys.stdout.flush()


async def main(url: str, seed: str, numbers: str, writer: str) -> None:
    known = {int(turn) for turn in sys.stdin.read().split()}
    share = racing.batches(int(seed), int(numbers))[int(writer)]
    queue = ((turn, batch) for turn, batch in enumerate(share) if turn not in known)
    async with open_postgres_pool(url, name="writer", size=2) as pool, open_event_intake(pool, new_budgets()) as intake:
        await asyncio.gather(*[racing.write(intake, queue, acknowledge) for _ in range(CLIENTS)])


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
