"""Results of a benchmark: figures with a target, their details, and the size of the run."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from chaos.environment import BenchServersAndSettings


class BenchmarkRunSize(NamedTuple):
    """The size of a run; in each of `rounds` the sides run one after the other.

    `event_requests` has the requests by batch size. The events of webhooks come every `webhook_every_s`.
    """

    rounds: int = 5
    tenants: int = 200
    drain_jobs: int = 20_000
    write_jobs: int = 10_000
    peer_jobs: int = 6_000
    live_jobs: int = 6_000
    paced_jobs: int = 300
    peer_paced_jobs: int = 150
    lone_jobs: int = 20
    workers: int = 20
    busy_s: float = 3.0
    settle_s: float = 2.0
    scaling_s: float = 2.5
    idle_s: float = 5.0
    lease_s: float = 2.0
    waiting_tenants: int = 1_000
    waiting_rows: int = 100_000
    pulls: int = 200
    http_s: float = 2.0
    http_tenants: int = 40
    accounts: int = 20
    contents: int = 25
    publishers: int = 4
    paced_posts_s: float = 20.0
    capped_accounts: int = 10
    capped_contents: int = 30
    event_requests: Mapping[int, int] = {1: 8_000, 20: 2_500, 100: 800, 500: 240}
    event_s: float = 6.0
    event_commits: int = 50
    event_arrival_s: float = 20.0
    webhook_backlog: int = 5_000
    webhook_events: int = 200
    webhook_every_s: float = 0.05
    webhook_waiting: int = 10_000
    webhook_hanging: int = 200
    ledger_ended: int = 1_000_000
    ledger_waiting: int = 100_000
    ledger_tenants: int = 200
    ledger_times: int = 300
    ledger_capped: tuple[int, ...] = (1_000, 5_000)
    ledger_unknown: int = 100_000
    ledger_held: int = 40_000
    newcomer_tenants: int = 5_000
    newcomers: int = 20


#: A size for tests: seconds instead of minutes, without meaningful figures.
TINY_BENCHMARK_RUN_SIZE = BenchmarkRunSize(
    rounds=1, tenants=4, drain_jobs=200, write_jobs=100, peer_jobs=200, live_jobs=100, paced_jobs=20,
    peer_paced_jobs=10, lone_jobs=2, workers=2, busy_s=1.0, settle_s=0.2, scaling_s=1.0, idle_s=0.3,
    lease_s=5.0, waiting_tenants=20, waiting_rows=400, pulls=5, http_s=0.3, http_tenants=4, accounts=4,
    contents=12, publishers=1, paced_posts_s=1.0, capped_accounts=2, capped_contents=5,
    event_requests={1: 40, 20: 4, 100: 2, 500: 2}, event_s=0.2, event_commits=1, event_arrival_s=0.2,
    webhook_backlog=20, webhook_events=5,
    webhook_every_s=0.01, webhook_waiting=50, webhook_hanging=5, ledger_ended=400, ledger_waiting=1_000,
    ledger_tenants=10, ledger_times=2, ledger_capped=(10,), ledger_unknown=50, ledger_held=60,
    newcomer_tenants=12, newcomers=1,
)  # fmt: skip


#: The size of the figures in the docs.
FULL_BENCHMARK_RUN_SIZE = BenchmarkRunSize()
#: A functional check of the events and of the ledger in a tenth of the time.
QUICK_BENCHMARK_RUN_SIZE = BenchmarkRunSize(
    rounds=1, event_requests={1: 1_000, 20: 300, 100: 100, 500: 40}, event_s=2.0, event_commits=10,
    event_arrival_s=5.0, ledger_ended=50_000,
    ledger_waiting=5_000, ledger_tenants=50, ledger_times=20, ledger_capped=(200,), ledger_unknown=5_000,
    ledger_held=2_000, newcomer_tenants=500, newcomers=3,
)  # fmt: skip


class BenchmarkResult(NamedTuple):
    """`figures` go into one flat object; `details` explain them."""

    figures: dict[str, float]
    details: dict[str, Any]


ProgressCallback = Callable[[str], None]
MeasureFunction = Callable[[BenchServersAndSettings, BenchmarkRunSize, ProgressCallback], Awaitable[BenchmarkResult]]


class FigureTarget(NamedTuple):
    """A figure's target: `bound`, added to the figure `over` if set; `is_minimum`: a minimum instead of a
    maximum.
    """

    what: str
    bound: float
    is_minimum: bool = False
    over: str = ""

    def compute_limit(self, figures: Mapping[str, float]) -> float:
        """Return the target's bound, plus the run's value of the figure `over` if set."""
        return self.bound + figures.get(self.over, 0.0)

    def is_met(self, value: float, figures: Mapping[str, float]) -> bool:
        """Return whether a figure's value reaches its target, in a run with these figures."""
        limit = self.compute_limit(figures)
        return value >= limit if self.is_minimum else value <= limit


FIGURE_TARGETS = {
    "page_cpu_p50_ms": FigureTarget("CPU of a page, extraction and derived fields: p50, ms", 15),
    "page_cpu_p95_ms": FigureTarget("the same: p95, ms", 70),
    "pickup_p50_ms": FigureTarget("pickup at 50 jobs/s, commit to handler start: p50, ms", 2),
    "pickup_p95_ms": FigureTarget("the same: p95, ms", 4),
    "pickup_p99_ms": FigureTarget("the same: p99, ms", 10),
    "drain_noop_x": FigureTarget("drained no-op jobs/s, x plain arq", 6, is_minimum=True),
    "drain_write_x": FigureTarget("drained jobs/s, each with a fenced write, x plain arq", 4, is_minimum=True),
    "drain_mixed_x": FigureTarget("drained jobs/s, every tenth takes 200 ms, x plain arq", 1, is_minimum=True),
    "live_x": FigureTarget("submit to done, live, jobs/s, x plain arq", 2.8, is_minimum=True),
    "busy_slots": FigureTarget("20 idle workers of 10 slots get 400 jobs: most at once", 200, is_minimum=True),
    "busy_after_s": FigureTarget("the same: from the commit until then, s", 1),
    "scaling_x": FigureTarget(
        "jobs of 100 ms, 8 worker processes of 10 slots: jobs/s, x 8 times one's", 0.9, is_minimum=True
    ),
    "recovery_s": FigureTarget("kill -9 until all its jobs run again, worst, s", 1.5, over="lease_s"),
    "idle_cpu_pct": FigureTarget("idle worker: % of a core", 0.5),
    "idle_redis_cmds_s": FigureTarget("idle worker: Redis commands/s", 5),
    "pull_p50_ms": FigureTarget("pull of 10 rows, 1,000 tenants and 100,000 rows wait: p50, ms", 0.7),
    "post_late_p95_s": FigureTarget("500 posts in 20 s, 20 accounts with quotas, 4 workers: p95 lateness, s", 2),
    "post_late_at_once_p95_s": FigureTarget("the same 500 all due at one instant: p95 lateness, s", 1),
    "post_late_beyond_quota_p95_s": FigureTarget(
        "300 posts due at one instant, 15 of an account in 10 s: p95 lateness that no quota explains, s", 2
    ),
    "create_x": FigureTarget("POST /v1/projects with an idempotency key, x bare insert", 0.7, is_minimum=True),
    "poll_x": FigureTarget("GET /v1/jobs/{id}, x bare read", 0.65, is_minimum=True),
    "events_cpu_x": FigureTarget("CPU of an event in batches of 500, API and Postgres, x raw COPY", 6),
    "events_single_x": FigureTarget("requests of one event a second, x a bare route", 0.5, is_minimum=True),
    "events_p99_x": FigureTarget("5,000 events/s in batches of 20: p99 of the 202, x a bare route", 5),
    "event_fold_lag_s": FigureTarget(
        "20,000 events/s with times of a week, two folders: longest wait of an event for its count, s", 2
    ),
    "webhook_drain_per_s": FigureTarget(
        "deliveries/s to one fast endpoint with a backlog of 5,000", 200, is_minimum=True
    ),
    "webhook_p95_ms": FigureTarget("event's commit to the first byte at its receiver, at rest: p95, ms", 250),
    "webhook_beside_p95_ms": FigureTarget(
        "with a hanging endpoint of its own organization, backlog 10,000: p95, ms", 1000, over="webhook_p95_ms"
    ),
    "webhook_foreign_p95_ms": FigureTarget(
        "with a hanging endpoint of another organization, backlog 10,000: p95, ms", 1000, over="webhook_p95_ms"
    ),
    "webhook_many_p95_ms": FigureTarget(
        "with 200 hanging endpoints of 10 organizations: p95, ms", 1000, over="webhook_p95_ms"
    ),
}


def compute_percentiles(values_ms: Sequence[float]) -> dict[str, float]:
    """Return `p50`, `p95` and `p99` by nearest rank, rounded to three decimals. Raise IndexError without values."""
    ordered = sorted(values_ms)
    return {f"p{percent}": round(ordered[_nearest_rank_index(percent, len(ordered))], 3) for percent in (50, 95, 99)}


def compute_median_ratio(ours: Sequence[float], peers: Sequence[float]) -> float:
    """Return the median over the rounds of our value divided by the peer's value.

    A slow phase of the host affects both sides of a round.
    """
    return round(median(our / peer for our, peer in zip(ours, peers, strict=True)), 3)


def _nearest_rank_index(percent: int, count: int) -> int:
    return max(0, math.ceil(percent / 100 * count) - 1)
