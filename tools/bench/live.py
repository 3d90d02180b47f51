"""Rate from submit to done with running workers, compared with plain arq, which stores no job durably."""

from chaos import backlog, fleet
from chaos.environment import Environment
from chaos.processes import run_and_read
from chaos.tasks import NOOP
from tools.bench.figures import ProgressCallback, Result, Size, ratio
from tools.bench.peers import arq_peer

SLOTS = 100

RATE = "select count(*) / extract(epoch from max(finished_at) - min(created_at)) from job"


async def measure(environment: Environment, size: Size, tell: ProgressCallback) -> Result:
    """Run closed-loop submitters in their own process, for many tenants in turn, and one worker of 100
    slots.
    """
    await backlog.prepare(environment.pool, tenants=size.tenants)
    ours, peers = [], []
    async with fleet.run_dispatcher(environment), fleet.run_workers(environment, slots=SLOTS):
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            peers.append(await arq_peer.live(environment, count=size.live_jobs))
            ours.append(await _live(environment, count=size.live_jobs))
    return Result({"live_x": ratio(ours, peers)}, {"live_jobs_s": {"plain_arq": peers, "ours": ours}})


async def _live(environment: Environment, *, count: int) -> float:
    await backlog.clear(environment.pool)
    await run_and_read(environment, "tools.bench.submitter", NOOP.name, str(count), "0")
    await fleet.wait_until_drained(environment.pool)
    await backlog.check(environment.pool, count=count)
    return round(float(await environment.pool.fetchval(RATE)), 1)
