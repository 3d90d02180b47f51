"""Measured cost of a request: steps on the loop, threads, connections, child processes."""

import asyncio
import time

import pytest

from telemetry import costs
from telemetry.costs import MeteredCoroutine, RequestCostMeter


def burn(seconds: float) -> None:
    """Use `seconds` of CPU time of this thread."""
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass


async def test_steps_charge_only_their_own_cpu() -> None:
    cost, other = RequestCostMeter(), asyncio.Event()

    async def request() -> str:
        burn(0.02)
        await other.wait()
        burn(0.02)
        return "answer"

    async def neighbour() -> None:
        burn(0.2)
        other.set()

    holds: list[float] = []
    answer, _ = await asyncio.gather(_await(MeteredCoroutine(request(), cost, holds.append)), neighbour())
    assert answer == "answer"
    assert 0.04 <= cost.loop_s < 0.2
    assert len(holds) == 2
    assert min(holds) >= 0.02


async def _await(steps: "MeteredCoroutine[str]") -> str:
    return await steps


async def test_steps_pass_exceptions_both_ways() -> None:
    seen: list[BaseException] = []

    async def request() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            seen.append(error)
            raise
        return "never"

    task = asyncio.create_task(_await(MeteredCoroutine(request(), RequestCostMeter(), seen.append)))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(seen) == 1

    async def fails() -> str:
        await asyncio.sleep(0)
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        await MeteredCoroutine(fails(), RequestCostMeter(), seen.append)  # type: ignore[arg-type]


async def test_coroutine_may_suppress_a_cancellation() -> None:
    async def request() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return "answered"

    task = asyncio.create_task(_await(MeteredCoroutine(request(), RequestCostMeter(), print)))
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "answered"


async def test_thread_cpu_is_charged() -> None:
    cost = RequestCostMeter()
    with costs.charge_costs_of_code_block_to_request(cost):
        await costs.run_in_charged_thread(burn, 0.05)
    assert 0.05 <= cost.threads_s < 1
    assert cost.cpu_s == cost.threads_s
    await costs.run_in_charged_thread(burn, 0.0)


def test_connection_time_excludes_cpu_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU of a busy loop isn't charged as connection time."""
    walls, cpus = iter([10.0, 13.0, 20.0, 21.0]), iter([1.0, 3.5, 4.0, 5.5])
    monkeypatch.setattr(costs, "perf_counter", lambda: next(walls))
    monkeypatch.setattr(costs, "thread_time", lambda: next(cpus))
    cost = RequestCostMeter()
    with costs.charge_costs_of_code_block_to_request(cost):
        with costs.charge_database_time():
            pass
        assert cost.database_s == pytest.approx(0.5)
        with costs.charge_database_time():
            pass
    assert cost.database_s == pytest.approx(0.5)


async def test_work_without_a_meter_is_not_charged() -> None:
    costs.charge_child_process_cpu_to_request(1.0)
    with costs.charge_database_time():
        pass
    assert costs.current_cost() is None
