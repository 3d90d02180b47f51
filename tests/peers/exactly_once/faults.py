"""Each call of each post with each fault: posts run one by one, with the real tasks and simulated time.

The test makes each attempt itself, as a worker does, and advances the clock instead of waiting. A held
response counts as a timeout immediately.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import httpx
import time_machine

from db.queries import worker
from domain.jobs import jobs
from jobs import ledger, maintenance
from jobs.ledger import AttemptSettlement, JobClaim
from schemas import ids
from tests.peers.exactly_once.rows import OutcomeRow, row_of_post
from tests.peers.exactly_once.shapes import SHAPES, PlatformCall, Shape
from tests.peers.exactly_once.system import System
from tests.peers.simulators.client import Sim
from tests.peers.simulators.faults import SimFault
from tests.waiting import eventually
from workers.platforms import connecting
from workers.publishing import phases
from workers.runtime.context import TaskContext
from workers.runtime.progress import JobProgressWriter
from workers.runtime.runner import TasksByKind, run_attempt_task
from workers.runtime.server_slots import RemoteServerSlots
from workers.runtime.slots import JobAttempt, JobLostStopCause, WorkerSlots
from workers.tasks import open_pool_tasks
from workers.web.fetch import open_ssrf_guarded_client

#: Only for calls that change something: the request may arrive late.
LATE = SimFault.DROP_THEN_ACCEPT
FAULTS = tuple(fault for fault in SimFault if fault is not LATE)
LEASE_S = 1e9
POLL_S = 0.005
#: By then, a platform's background work after the last job is done.
SETTLE_S = 600.0
#: More attempts and waits than any post needs.
MOST = 400

Say = Callable[[str], None]


class Hand:
    """A worker without background loops. `late`: a platform with a delayed request in flight."""

    def __init__(self, system: System, tasks: TasksByKind, travel: Callable[[float], None]) -> None:
        self.system, self.tasks, self._travel = system, tasks, travel
        self.worker_id = ids.new_uuid7()
        self.late: Sim | None = None

    async def enter(self) -> None:
        async with self.system.pool.acquire() as conn:
            await worker.register_worker.run(
                conn, id=self.worker_id, pool="publish", host="test", pid=1, version="1", slots=1, lease_s=LEASE_S
            )

    async def work(self) -> None:
        """Work until no job is left."""
        for _ in range(MOST):
            claim = await self._pull()
            if claim is not None:
                await self._attempt(claim)
            elif (wait_s := await self.system.next_due()) is None:
                return
            else:
                await self.let_pass(max(wait_s, 0.0))
        raise AssertionError("it never comes to an end")

    async def let_pass(self, seconds: float) -> None:
        """Advance the time; a delayed request arrives in the middle."""
        for part_s in [seconds / 2] * 2 if self.late else [seconds]:
            self._travel(part_s)
            await self.system.advance(part_s)
            if self.late:
                await self.late.release()

    async def _pull(self) -> JobClaim | None:
        async with self.system.pool.acquire() as conn:
            await maintenance.promote_scheduled_jobs(conn)
            claims = await ledger.claim_due_jobs(
                conn, pool="publish", worker_id=self.worker_id, free=1, kinds=[*self.tasks]
            )
        return claims[0] if claims else None

    async def _attempt(self, claim: JobClaim) -> None:
        kind = next(kind for kind in self.tasks if kind.name == claim.kind)
        attempt = JobAttempt(claim, asyncio.get_running_loop().time() + kind.timeout_s)
        servers = RemoteServerSlots(WorkerSlots(2))
        context = TaskContext(attempt, self.system.pool, JobProgressWriter(self.system.pool), lambda: LEASE_S, servers)
        verdict = await run_attempt_task(self.tasks[kind], context, attempt)
        if not attempt.committed and not isinstance(verdict, JobLostStopCause):
            await jobs.settle_jobs_and_subjects(self.system.pool, [AttemptSettlement(claim, verdict)])


@asynccontextmanager
async def at_hand(system: System) -> AsyncIterator[Hand]:
    """Open the real tasks, with timeouts that expire immediately."""

    @asynccontextmanager
    async def impatient(**given: Any) -> AsyncIterator[httpx.AsyncClient]:
        async with open_ssrf_guarded_client(**given) as client:
            patch.object(client, "send", giving_up(system, client.send)).start()
            yield client

    async with AsyncExitStack() as stack:
        stack.enter_context(patch.object(phases, "MAX_POST_POLL_WAIT_WITH_SLOT_S", 0.0))
        stack.enter_context(patch.object(phases, "POST_RESEND_PAUSE_S", 0.0))
        stack.enter_context(patch.object(connecting, "open_ssrf_guarded_client", impatient))
        traveler = stack.enter_context(time_machine.travel(datetime.now(UTC), tick=True))
        tasks = await stack.enter_async_context(open_pool_tasks(system.settings, "publish"))
        hand = Hand(system, tasks, lambda wait_s: traveler.shift(timedelta(seconds=wait_s)))
        await hand.enter()
        yield hand


def giving_up(
    system: System, send: Callable[..., Awaitable[httpx.Response]]
) -> Callable[..., Awaitable[httpx.Response]]:
    """Return a `send` that raises the client's timeout as soon as a platform holds a response."""

    def held() -> bool:
        return any(simulator.faults.held for simulator in system.simulators.values())

    async def let_go() -> bool:
        return not held()

    async def given_up(request: httpx.Request, **options: Any) -> httpx.Response:
        call = asyncio.ensure_future(send(request, **options))
        try:
            while not (await asyncio.wait({call}, timeout=POLL_S))[0]:
                if held():
                    raise httpx.ReadTimeout("given up", request=request)
            return call.result()
        finally:
            call.cancel()
            await asyncio.wait({call})
            await eventually(let_go)
            if system.prompt:
                await system.align()

    return given_up


async def play(
    system: System, hand: Hand, shape: Shape, call: PlatformCall | None, fault: SimFault | None
) -> OutcomeRow:
    """Play one post from its schedule to the end of its last job."""
    sim = system.sims[shape.platform]
    await system.align()
    system.prompt, hand.late, sent = shape.prompt, sim if fault is LATE else None, await system.post(shape)
    if call and fault:
        if call.before:
            await order(system, shape, shape.send, call.before, sent.username)
        await order(system, shape, call, fault, sent.username)
    await hand.work()
    await hand.let_pass(SETTLE_S)
    left = (await sim.call("GET", "/faults"))["rules"]
    await sim.call("DELETE", "/faults")
    assert not left, f"{shape.title}: {call} was never made as {fault} wants it"
    return await row_of_post(system, shape, call, fault or "nothing", sent)


async def order(system: System, shape: Shape, call: PlatformCall, fault: SimFault, username: str) -> None:
    rule = {"skip": call.skip, "method": call.method, "account": username}
    await system.sims[shape.platform].fault(call.path, fault, **rule)


async def play_all(system: System, platforms: frozenset[str], say: Say) -> list[OutcomeRow]:
    rows = []
    async with at_hand(system) as hand:
        for shape in SHAPES:
            if shape.platform not in platforms:
                continue
            say(shape.title)
            rows.append(await play(system, hand, shape, None, None))
            for call in shape.calls:
                faults = (*FAULTS, LATE) if call.makes else FAULTS
                rows += [await play(system, hand, shape, call, fault) for fault in faults]
    return rows
