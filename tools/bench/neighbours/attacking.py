"""`python -m tools.bench.neighbours.attacking ROW PLAN`: the process of an attack.

It prints a line once it runs at full strength and has had an effect. At SIGTERM it prints its counts.
"""

import asyncio
import contextlib
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

import msgspec
import uvloop

from tools.bench.load import print_json_to_parent
from tools.bench.neighbours.measure import NEIGHBOUR_ATTACKS_BY_NAME
from tools.bench.neighbours.row import AttackCountsAndProgress, AttackProcessInput


async def run_attack_process(name: str, plan: AttackProcessInput) -> None:
    """Run the attack of a row until SIGTERM; print a line once it has its full effect, and its counts at the end.

    An attack that ends by itself has done all it can.
    """
    ended, progress = asyncio.Event(), AttackCountsAndProgress(Counter(), asyncio.Event(), asyncio.Event())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    running = asyncio.create_task(NEIGHBOUR_ATTACKS_BY_NAME[name].attack(plan, progress))
    for reached in (progress.ready, progress.had_effect):
        await _wait_for_attack_phase(running, reached)
    print_json_to_parent({"ready": True})
    await ended.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    print_json_to_parent(progress.counts)


async def _wait_for_attack_phase(running: "asyncio.Task[None]", reached: asyncio.Event) -> None:
    """Wait for an event of the attack or for the attack's end. Raises the attack's error."""
    waiter = asyncio.create_task(reached.wait())
    await asyncio.wait({running, waiter}, return_when=asyncio.FIRST_COMPLETED)
    if not waiter.done():
        waiter.cancel()
        await running


if __name__ == "__main__":
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    uvloop.run(
        run_attack_process(sys.argv[1], msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=AttackProcessInput))
    )
