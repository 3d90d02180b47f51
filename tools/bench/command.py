"""`tenantry bench`: measurements of the README's figures on this machine."""

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from chaos import environment
from cli.shared.command import with_printed_result
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import CliCommandResult, build_rich_console
from tools.bench import suites
from tools.bench import tables as views
from tools.bench.figures import (
    FULL_BENCHMARK_RUN_SIZE,
    QUICK_BENCHMARK_RUN_SIZE,
    BenchmarkResult,
    BenchmarkRunSize,
    MeasureFunction,
)
from tools.bench.neighbours import victim
from tools.bench.neighbours.measure import NEIGHBOUR_ATTACKS_BY_NAME
from tools.bench.neighbours.measure import measure_neighbour_attacks as measure_neighbours
from tools.bench.suites import (
    BENCHMARKS_OF_README_FIGURES,
    EVENT_BENCHMARKS,
    HTTP_BENCHMARKS,
    JOB_BENCHMARKS,
    JOB_LEDGER_BENCHMARKS,
    PUBLISH_BENCHMARKS,
    WEBHOOK_BENCHMARKS,
)


@click.group(cls=FullSentenceHelpCommandGroup)
def bench() -> None:
    """Measure this machine: each figure with its target and a peer in the same run.

    It starts its own servers, or uses a scratch database on the servers of DATABASE_URL and
    REDIS_URL. Run nothing else meanwhile. A lost or doubled job is an error, not a figure.
    """


@bench.command("jobs")
@with_printed_result
async def bench_jobs() -> CliCommandResult:
    """Measure jobs against plain arq: pickup, drain, live, busy slots, scaling, recovery, pull.

    \b
    Examples:
      tenantry bench jobs
      tenantry bench jobs --json | jq .details.drain_jobs_s
    """
    return await _run_suite_and_build_figure_tables(JOB_BENCHMARKS)


@bench.command("http")
@with_printed_result
async def bench_http() -> CliCommandResult:
    """Measure requests against a bare Litestar app: create a project, poll a job.

    \b
    Examples:
      tenantry bench http
      tenantry bench http --json | jq .details.http
    """
    return await _run_suite_and_build_figure_tables(HTTP_BENCHMARKS)


@bench.command("publish")
@with_printed_result
async def bench_post_lateness() -> CliCommandResult:
    """Measure delays of posts: 500 of 20 accounts with quotas, four workers, at one instant and within 20 s.

    The posts go to a sandbox's instant fakes. An account over its quota is an error, not a figure.

    \b
    Examples:
      tenantry bench publish
      tenantry bench publish --json | jq .details.post_late_ms
    """
    return await _run_suite_and_build_figure_tables(PUBLISH_BENCHMARKS)


@bench.command("all")
@with_printed_result
async def bench_all_readme_figures() -> CliCommandResult:
    """Measure jobs, HTTP requests and posts in about four minutes on two cores; --json prints only figures.

    \b
    Examples:
      tenantry bench all
      tenantry bench all --json > figures.json
    """
    result = await _run_suite_in_bench_environment(BENCHMARKS_OF_README_FIGURES)
    return CliCommandResult(result.figures, views.build_bench_figure_tables(result))


@bench.command("neighbours")
@click.argument("rows", nargs=-1, type=click.Choice(list(NEIGHBOUR_ATTACKS_BY_NAME)), metavar="[ROW]...")
@with_printed_result
async def bench_neighbours(rows: tuple[str, ...]) -> CliCommandResult:
    """Measure a tenant's response times at rest and during another tenant's attack: p50 and p95.

    Without names it measures all rows, in about 16 minutes. Each row is one attack:

    \b
      silence silent-readers streams metadata bodies storage uploads rate-limits events
      event-budget filters lists parsing publishing slow-sites drawings

    \b
    Examples:
      tenantry bench neighbours
      tenantry bench neighbours streams parsing
      tenantry bench neighbours filters --json | jq .filters.beside
    """
    names = [name for name in NEIGHBOUR_ATTACKS_BY_NAME if name in rows or not rows]
    with _open_bench_progress_display(names) as progress:
        async with environment.open_bench_environment() as opened:
            measured = await measure_neighbours(opened, names, victim.FULL_ATTACK_SCALE, progress)
            machine = await suites.describe_machine(opened)
    return CliCommandResult(
        {**{name: row.to_plain_values() for name, row in measured.items()}, "machine": machine},
        views.build_bench_attack_tables(measured),
    )


@bench.command("ledger")
@click.option("--quick", is_flag=True, help="A twentieth of the rows: a functional check, not a measurement.")
@click.option("--ended", type=click.IntRange(min=1), metavar="N", help="Number of ended jobs (1000000).")
@click.option("--waiting", type=click.IntRange(min=1), metavar="N", help="Number of waiting jobs (100000).")
@with_printed_result
async def bench_old_against_empty_ledger(quick: bool, ended: int | None, waiting: int | None) -> CliCommandResult:
    """Measure each statement of jobs on an old and on an empty ledger in turn: p50 and ratio.

    Then it measures a pull among tenants at their cap, among unknown kinds and among dead rows behind a
    snapshot, and the wait of a new tenant behind waiting tenants. About ten minutes.

    \b
    Examples:
      tenantry bench ledger
      tenantry bench ledger --quick
      tenantry bench ledger --ended 5000000 --json | jq .details.rows
    """
    size = QUICK_BENCHMARK_RUN_SIZE if quick else FULL_BENCHMARK_RUN_SIZE
    size = size._replace(ledger_ended=ended or size.ledger_ended, ledger_waiting=waiting or size.ledger_waiting)
    result = await _run_suite_in_bench_environment(JOB_LEDGER_BENCHMARKS, size)
    return CliCommandResult({**result.figures, "details": result.details}, views.build_bench_statement_tables(result))


@bench.command("events")
@click.argument("parts", nargs=-1, type=click.Choice(list(EVENT_BENCHMARKS)), metavar="[PART]...")
@click.option("--quick", is_flag=True, help="A tenth of the events: a functional check, not a measurement.")
@with_printed_result
async def bench_events(parts: tuple[str, ...], quick: bool) -> CliCommandResult:
    """Measure events from a request to their commit against a raw COPY and a bare Litestar route, and their counts.

    Parts are speed, latency and counting. Without a name it runs all, in about seven minutes. An accepted event
    (202) that isn't stored and counted exactly once is an error, not a figure.

    \b
    Examples:
      tenantry bench events
      tenantry bench events speed --json | jq .details
      tenantry bench events --quick
    """
    suite = {name: measure for name, measure in EVENT_BENCHMARKS.items() if name in parts or not parts}
    return await _run_suite_and_build_figure_tables(
        suite, QUICK_BENCHMARK_RUN_SIZE if quick else FULL_BENCHMARK_RUN_SIZE
    )


@bench.command("webhooks")
@with_printed_result
async def bench_webhook_delays() -> CliCommandResult:
    """Measure webhooks from an event's commit to their receiver, at rest and with hanging receivers.

    A hanging receiver has 10,000 waiting deliveries, in the same organization and in another; then 200
    receivers hang. About two minutes. A duplicate or missing event is an error, not a figure.

    \b
    Examples:
      tenantry bench webhooks
      tenantry bench webhooks --json | jq .details.webhook_late_ms
    """
    return await _run_suite_and_build_figure_tables(WEBHOOK_BENCHMARKS)


@bench.command("pages")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER")
@with_printed_result
async def bench_page_cpu(folder: Path) -> CliCommandResult:
    """Measure the CPU of saved pages, with derived fields, next to trafilatura's in turn: p50, p95, ratio.

    It starts no servers. It needs trafilatura, which no other part of Tenantry needs.

    \b
    Examples:
      tenantry bench pages saved/
      tenantry bench pages saved/ --json | jq .details.page_cpu_ms
    """
    # The parsers take a second and 250 MB, which no other benchmark needs in this process.
    page_cpu = import_module("tools.bench.page_cpu")
    with _open_bench_progress_display(["pages"]) as progress:
        result = page_cpu.measure_page_cpu(folder, partial(progress, "pages"))
    return CliCommandResult({**result.figures, "details": result.details}, views.build_bench_figure_tables(result))


async def _run_suite_and_build_figure_tables(
    suite: Mapping[str, MeasureFunction], size: BenchmarkRunSize = FULL_BENCHMARK_RUN_SIZE
) -> CliCommandResult:
    result = await _run_suite_in_bench_environment(suite, size)
    return CliCommandResult({**result.figures, "details": result.details}, views.build_bench_figure_tables(result))


async def _run_suite_in_bench_environment(
    suite: Mapping[str, MeasureFunction], size: BenchmarkRunSize = FULL_BENCHMARK_RUN_SIZE
) -> BenchmarkResult:
    with _open_bench_progress_display(suite) as progress:
        async with environment.open_bench_environment() as opened:
            return await suites.run_benchmark_suite(opened, suite, size, progress)


@contextmanager
def _open_bench_progress_display(suite: Collection[str]) -> Iterator[suites.SuiteProgress]:
    """Show progress on stderr, as a bar on a terminal, else as lines; yield the function that reports a step."""
    if not sys.stderr.isatty():
        yield lambda name, what: click.echo(f"{name}: {what}", err=True)
        return
    order = list(suite)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=build_rich_console(sys.stderr), transient=True) as bar:
        task = bar.add_task("servers start", total=len(order))
        yield lambda name, what: bar.update(task, completed=order.index(name), description=f"{name}: {what}")
