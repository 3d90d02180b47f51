"""From submit to done while workers run, beside plain arq, whose jobs are durable nowhere."""

from bench import backlog, crew
from bench.figures import Result, Size, Tell, ratio
from bench.peers import arq_peer
from bench.processes import ask
from bench.stage import Stage
from bench.tasks import NOOP

SLOTS = 100

RATE = "select count(*) / extract(epoch from max(finished_at) - min(created_at)) from job"


async def measure(stage: Stage, size: Size, tell: Tell) -> Result:
    """Closed-loop submitters in a process of their own, for many tenants in turn; one worker of 100 slots."""
    await backlog.prepare(stage.pool, tenants=size.tenants)
    ours, peers = [], []
    async with crew.dispatching(stage), crew.working(stage, slots=SLOTS):
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            peers.append(await arq_peer.live(stage, count=size.live_jobs))
            ours.append(await _live(stage, count=size.live_jobs))
    return Result({"live_x": ratio(ours, peers)}, {"live_jobs_s": {"plain_arq": peers, "ours": ours}})


async def _live(stage: Stage, *, count: int) -> float:
    await backlog.clear(stage.pool)
    await ask(stage, "bench.submitter", NOOP.name, str(count), "0")
    await crew.drained(stage.pool)
    await backlog.check(stage.pool, count=count)
    return round(float(await stage.pool.fetchval(RATE)), 1)
