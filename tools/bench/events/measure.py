"""`tenantry bench events`: its parts, their targets, and the size of a run."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

from chaos.environment import Environment, on
from tools.bench import suites
from tools.bench.events import latency, speed
from tools.bench.figures import ProgressCallback, Result, Target


class Size(NamedTuple):
    """Rounds, requests by batch size, and seconds at a steady rate."""

    rounds: int = 5
    requests: Mapping[int, int] = {1: 8_000, 20: 2_500, 100: 800, 500: 240}
    steady_s: float = 6.0


#: The size of the README's figures.
FULL = Size()
QUICK = Size(rounds=1, requests={1: 1_000, 20: 300, 100: 100, 500: 40}, steady_s=2.0)
#: A size for tests: it checks that everything works.
TINY = Size(rounds=1, requests={1: 40, 20: 4, 100: 2, 500: 2}, steady_s=0.2)

TARGETS = {
    "events_cpu_x": Target("CPU of an event in batches of 500, API and Postgres, x raw COPY", 6),
    "events_single_x": Target("requests of one event a second, x a bare route", 0.5, is_minimum=True),
    "events_p99_x": Target("5,000 events/s in batches of 20: p99 of the 202, x a bare route", 5),
}

Part = Callable[[Environment, Size, ProgressCallback], Any]


async def _speed(environment: Environment, size: Size, tell: ProgressCallback) -> Result:
    return await speed.measure(environment, size.requests, size.rounds, tell)


async def _latency(environment: Environment, size: Size, tell: ProgressCallback) -> Result:
    return await latency.measure(environment, size.steady_s, size.rounds, tell)


PARTS: Mapping[str, Part] = {"speed": _speed, "latency": _latency}


async def measure(
    environment: Environment, names: Collection[str], size: Size, progress: suites.Progress
) -> Result:
    """Run the parts, each on its own store. Raises `BenchmarkFailed` if a figure would be doubtful."""
    figures: dict[str, float] = {}
    details: dict[str, Any] = {"machine": await suites.machine(environment)}
    settings = environment.settings
    for name in names:
        async with on(settings.database_url, settings.redis_url, folder=environment.folder) as own:
            result = await PARTS[name](own, size, partial(progress, name))
        figures |= result.figures
        details |= result.details
    return Result(figures, details)
