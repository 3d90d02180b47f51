"""`python -m tools.bench.submitter KIND COUNT RATE`: simulates an API process after its checks, without HTTP.

Each call submits a job of KIND for the next tenant, with the other calls of the moment in one statement and
commit, and sends the courier's wake-up. RATE 0 is a closed loop of a few callers. Prints one line: the
nanosecond of the host's monotonic clock at which each job's commit was confirmed, by job id.
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
from db.pool import open_postgres_pool
from jobs.courier import WakeCourier, open_redis_wake_courier
from jobs.kinds import JobKindSpec
from jobs.ledger import NewJob
from schemas.settings import load_settings
from telemetry import log_context
from tools.bench.grouped_submits import GroupedJobSubmitter
from tools.bench.load import print_json_to_parent, run_closed_loop, run_fixed_rate_load

#: One for the grouped statements, one for a submit alone.
SUBMITTER_CONNECTION_COUNT = 2

SELECT_TENANT_IDS = "select id from organization order by id"


@dataclass(frozen=True)
class BenchSubmitter:
    """Submits for the tenants in turn; fills `committed_ns`."""

    kind: JobKindSpec
    courier: WakeCourier
    tenants: Iterator[UUID]
    jobs: GroupedJobSubmitter
    committed_ns: dict[str, int] = field(default_factory=dict)

    async def submit_next_job(self) -> None:
        job = NewJob(log_context.new_job_id(), self.kind, next(self.tenants), project_id=None, args={})
        submitted = await self.jobs.submit_job(job)
        self.committed_ns[str(submitted.job_id)] = time.monotonic_ns()
        if submitted.wake:
            await self.courier.send_or_queue_wake(submitted.wake)


async def main(kind: JobKindSpec, count: int, rate: float) -> None:
    """Submit `count` jobs at a rate, or in a closed loop, then print their commit times as JSON."""
    settings = load_settings(os.environ)
    async with (
        open_postgres_pool(settings.database_url, name="submitter", size=SUBMITTER_CONNECTION_COUNT) as pool,
        open_redis_wake_courier(settings.redis_url) as courier,
    ):
        tenants = itertools.cycle([row["id"] for row in await pool.fetch(SELECT_TENANT_IDS)])
        submitter = BenchSubmitter(kind, courier, tenants, GroupedJobSubmitter(pool))
        await (
            run_fixed_rate_load(submitter.submit_next_job, count=count, rate=rate)
            if rate
            else run_closed_loop(submitter.submit_next_job, count=count)
        )
    print_json_to_parent(submitter.committed_ns)


if __name__ == "__main__":
    uvloop.run(main(BENCH_KINDS[sys.argv[1]], int(sys.argv[2]), float(sys.argv[3])))
