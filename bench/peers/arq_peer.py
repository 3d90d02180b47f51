"""Plain arq, driven: the same loads as the product gets, on a queue of its own each time."""

import secrets

from bench.environment import Environment
from bench.figures import spread
from bench.processes import ask, running, told

MODULE = "bench.peers.plain_arq"

#: How long arq sleeps between polls. As it comes it starts at most `queue_read_limit` (500) jobs each half
#: second: a thousand a second. At 10 ms nothing but its own work bounds it, so it is compared at its best.
BEST_POLL_S, DEFAULT_POLL_S = 0.01, 0.5


async def drain(environment: Environment, *, count: int) -> float:
    """Jobs a second from a queue that was full before the worker started."""
    queue = _queue()
    await ask(environment, MODULE, "load", queue, str(count), "0")
    async with running(environment, MODULE, "worker", queue, str(count), str(BEST_POLL_S)) as worker:
        await told(worker)
        seen = await told(worker)
    return _per_s(count, seen["last_ns"] - seen["first_ns"])


async def live(environment: Environment, *, count: int) -> float:
    """Jobs a second from the first enqueue to the last end, while a worker runs."""
    queue = _queue()
    async with running(environment, MODULE, "worker", queue, str(count), str(BEST_POLL_S)) as worker:
        await told(worker)
        loaded = await ask(environment, MODULE, "load", queue, str(count), "0")
        seen = await told(worker)
    return _per_s(count, seen["last_ns"] - loaded["first_ns"])


async def pickup(environment: Environment, *, count: int, rate: float, poll_s: float) -> dict[str, float]:
    """From the call of `enqueue_job` to the start of the handler, ms."""
    queue = _queue()
    async with running(environment, MODULE, "worker", queue, str(count), str(poll_s)) as worker:
        await told(worker)
        await ask(environment, MODULE, "load", queue, str(count), str(rate))
        seen = await told(worker)
    return spread([lag_ns / 1e6 for lag_ns in seen["lags_ns"]])


def _queue() -> str:
    return f"bench:{secrets.token_hex(4)}"


def _per_s(count: int, took_ns: int) -> float:
    return round(count / took_ns * 1e9, 1)
