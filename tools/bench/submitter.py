"""`python -m tools.bench.submitter KIND COUNT RATE`: simulates an API process after its checks, without HTTP.

Each call submits a job of KIND for the next tenant, in one statement that is its own transaction, and sends
the courier's wake-up. RATE 0 is a closed loop of a few callers. Prints one line: the nanosecond of the host's
monotonic clock at which each job's commit was confirmed, by job id.
"""

import itertools
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import uvloop

from chaos.tasks import KINDS
from db.pool import Pool, open_pool
from jobs import ledger
from jobs.courier import Courier, open_courier
from jobs.kinds import Kind
from schemas.settings import from_env
from tools.bench.load import run_closed_loop, run_open_loop, send_message

CONNECTIONS = 8

TENANTS = "select id from organization order by id"


@dataclass(frozen=True)
class Submitter:
    """Submits for the tenants in turn; fills `committed_ns`."""

    kind: Kind
    pool: Pool
    courier: Courier
    tenants: Iterator[UUID]
    committed_ns: dict[str, int] = field(default_factory=dict)

    async def call(self) -> None:
        async with self.pool.acquire() as conn:
            submitted = await ledger.submit(
                conn, kind=self.kind, organization_id=next(self.tenants), project_id=None, args={}
            )
        self.committed_ns[str(submitted.job_id)] = time.monotonic_ns()
        if submitted.wake:
            await self.courier.send(submitted.wake)


async def main(kind: Kind, count: int, rate: float) -> None:
    """Submit the jobs, then print the times."""
    settings = from_env(os.environ)
    async with (
        open_pool(settings.database_url, name="submitter", size=CONNECTIONS) as pool,
        open_courier(settings.redis_url) as courier,
    ):
        tenants = itertools.cycle([row["id"] for row in await pool.fetch(TENANTS)])
        submitter = Submitter(kind, pool, courier, tenants)
        await (
            run_open_loop(submitter.call, count=count, rate=rate)
            if rate
            else run_closed_loop(submitter.call, count=count)
        )
    send_message(submitter.committed_ns)


if __name__ == "__main__":
    uvloop.run(main(KINDS[sys.argv[1]], int(sys.argv[2]), float(sys.argv[3])))
