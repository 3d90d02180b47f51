"""Plain arq without durable storage: the peer of the job figures.

`worker QUEUE COUNT POLL_S` prints a line when it is ready, runs COUNT jobs, and prints the first start, the
last end and each job's lag. `load QUEUE COUNT RATE [SECONDS]` enqueues them, at RATE 0 in a closed loop of 16
callers; every tenth job sleeps for SECONDS. Nanoseconds are of the host's monotonic clock, shared by its processes.
"""

import asyncio
import itertools
import os
import sys
import time
from typing import Any

import uvloop
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func

from tools.bench.load import print_json_to_parent, run_closed_loop, run_fixed_rate_load


class ArqTally:
    """Measurements of one worker."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.lags_ns: list[int] = []
        self.first_ns = self.last_ns = 0
        self.done = asyncio.Event()

    async def run_job(self, ctx: dict[Any, Any], sent_ns: int, duration_s: float) -> None:  # noqa: ARG002 - arq's signature
        """Record the job's start and lag, then sleep for its duration; arq's handler."""
        now_ns = time.monotonic_ns()
        self.first_ns = self.first_ns or now_ns
        self.lags_ns.append(now_ns - sent_ns)
        if duration_s:
            await asyncio.sleep(duration_s)

    async def count_ended_job(self, ctx: dict[Any, Any]) -> None:  # noqa: ARG002 - arq's signature
        """Count a job that has left Redis; arq's callback."""
        self.left -= 1
        if self.left == 0:
            self.last_ns = time.monotonic_ns()
            self.done.set()


async def run_arq_worker(redis: ArqRedis, queue: str, count: int, poll_s: float) -> None:
    """Run a worker of 100 slots until `count` jobs have ended, and print the times. It keeps no results."""
    tally = ArqTally(count)
    worker = Worker(
        [func(tally.run_job, name="job")],
        redis_pool=redis, queue_name=queue, max_jobs=100, keep_result=0, poll_delay=poll_s,
        after_job_end=tally.count_ended_job, handle_signals=False,
    )  # fmt: skip
    running = asyncio.create_task(worker.async_run())
    print_json_to_parent({"up": True})
    await tally.done.wait()
    running.cancel()
    print_json_to_parent({"first_ns": tally.first_ns, "last_ns": tally.last_ns, "lags_ns": tally.lags_ns})


async def enqueue_arq_jobs(redis: ArqRedis, count: int, rate: float, slow_job_s: float) -> None:
    """Enqueue `count` jobs at `rate` a second, at 0 in a closed loop; print the time of the first call.

    Every tenth job sleeps for `slow_job_s` seconds.
    """
    durations_s = itertools.cycle([slow_job_s] + 9 * [0.0])

    async def enqueue() -> None:
        await redis.enqueue_job("job", time.monotonic_ns(), next(durations_s))

    first_ns = time.monotonic_ns()
    await (run_fixed_rate_load(enqueue, count=count, rate=rate) if rate else run_closed_loop(enqueue, count=count))
    print_json_to_parent({"first_ns": first_ns})


async def main(verb: str, queue: str, count: int, number: float, slow_job_s: float = 0.0) -> None:
    redis = await create_pool(RedisSettings.from_dsn(os.environ["REDIS_URL"]), default_queue_name=queue)
    await (
        run_arq_worker(redis, queue, count, number)
        if verb == "worker"
        else enqueue_arq_jobs(redis, count, number, slow_job_s)
    )
    await redis.aclose()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *map(float, sys.argv[4:])))
