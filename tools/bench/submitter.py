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

from chaos.tasks import BENCH_KINDS
from db.pool import Pool, open_postgres_pool
from jobs import ledger
from jobs.courier import WakeCourier, open_redis_wake_courier
from jobs.kinds import JobKindSpec
from schemas.settings import load_settings
from tools.bench.load import print_json_to_parent, run_closed_loop, run_fixed_rate_load

SUBMITTER_CONNECTIONS = 8

SELECT_TENANT_IDS = "select id from organization order by id"


@dataclass(frozen=True)
class BenchSubmitter:
    """Submits for the tenants in turn; fills `committed_ns`."""

    kind: JobKindSpec
    pool: Pool
    courier: WakeCourier
    tenants: Iterator[UUID]
    committed_ns: dict[str, int] = field(default_factory=dict)

    async def submit_next_job(self) -> None:
        async with self.pool.acquire() as conn:
            submitted = await ledger.submit_job(
                conn, kind=self.kind, organization_id=next(self.tenants), project_id=None, args={}
            )
        self.committed_ns[str(submitted.job_id)] = time.monotonic_ns()
        if submitted.wake:
            await self.courier.send_wake(submitted.wake)


async def main(kind: JobKindSpec, count: int, rate: float) -> None:
    """Submit `count` jobs at a rate, or in a closed loop, then print their commit times as JSON."""
    settings = load_settings(os.environ)
    async with (
        open_postgres_pool(settings.database_url, name="submitter", size=SUBMITTER_CONNECTIONS) as pool,
        open_redis_wake_courier(settings.redis_url) as courier,
    ):
        tenants = itertools.cycle([row["id"] for row in await pool.fetch(SELECT_TENANT_IDS)])
        submitter = BenchSubmitter(kind, pool, courier, tenants)
        await (
            run_fixed_rate_load(submitter.submit_next_job, count=count, rate=rate)
            if rate
            else run_closed_loop(submitter.submit_next_job, count=count)
        )
    print_json_to_parent(submitter.committed_ns)


if __name__ == "__main__":
    uvloop.run(main(BENCH_KINDS[sys.argv[1]], int(sys.argv[2]), float(sys.argv[3])))
