"""`tenantry rehearse`: load on the job ledger under faults."""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from chaos.rehearsal.perform import (
    RehearsalDurationAndSeed,
    RehearsalProgressCallbacks,
    RehearsalProgressCounts,
    RehearsalReport,
    perform_rehearsal,
)
from chaos.rehearsal.recovery import nearest_rank_percentile
from cli.shared.command import with_printed_result
from cli.shared.exit_codes import EXIT_FAILED, EXIT_INTERRUPTED
from cli.shared.output import CliCommandResult, build_rich_console, build_text_table

#: Pause between two lines of progress without a terminal, in seconds.
PROGRESS_LINE_PAUSE_S = 5.0

#: Maximum anomalies of one kind in the report.
MAX_REPORTED_ANOMALIES_A_KIND = 10


@click.command()
@click.option(
    "--minutes", type=click.FloatRange(min=0.05), default=1.0, show_default=True, help="Duration of load under faults."
)
@click.option("--seed", type=int, help="Seed of the faults and the load; it fixes the schedule. [random]")
@with_printed_result
async def rehearse(minutes: float, seed: int | None) -> CliCommandResult:
    """Run load while processes and servers fail, then check every job.

    It starts its own PostgreSQL, Valkey, four workers and two dispatchers, ignores DATABASE_URL, and
    removes everything at its end. Workers are killed, frozen and stopped, dispatchers killed, Redis is
    flushed and restarted, Postgres restarted and crashed, connections cut, stalled and left half open. Then
    the faults end, jobs have two minutes to end, and a table shows their results.

    It exits with 0 if no job is lost, doubled or open and no process ended by itself. Otherwise it exits
    with 1 and keeps the logs. Ctrl-C ends load and faults, still checks the jobs, and exits with 130 instead
    of 0; a second Ctrl-C doesn't wait for open jobs.

    \b
    Examples:
      tenantry rehearse
      tenantry rehearse --minutes 10 --seed 7
      tenantry rehearse --json | jq '.lost, .doubled'
    """
    chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    with _show_rehearsal_progress() as tell:
        tell.fault(f"seed {chosen}: servers start")
        report = await perform_rehearsal(RehearsalDurationAndSeed(minutes * 60, chosen), tell)
    return CliCommandResult(
        encode_rehearsal_report(report), render_rehearsal_as_rich(report), exit_code=_choose_rehearsal_exit_code(report)
    )


def _choose_rehearsal_exit_code(report: RehearsalReport) -> int:
    if not report.passed:
        return EXIT_FAILED
    return EXIT_INTERRUPTED if report.interrupted else 0


@contextmanager
def _show_rehearsal_progress() -> Iterator[RehearsalProgressCallbacks]:
    """Yield listeners that show progress on stderr: a live line on a terminal, else a line every few seconds."""
    if sys.stderr.isatty():
        with Live(console=build_rich_console(sys.stderr), transient=True, refresh_per_second=4) as live:
            yield RehearsalProgressCallbacks(
                live.console.print, lambda look: live.update(Text(format_rehearsal_progress_line(look), "bold"))
            )
    else:
        yield RehearsalProgressCallbacks(
            lambda line: click.echo(line, err=True), _RehearsalProgressLines().print_when_due
        )


class _RehearsalProgressLines:
    """Progress as lines, at most one every `PROGRESS_LINE_PAUSE_S`."""

    def __init__(self) -> None:
        self.due = time.monotonic()

    def print_when_due(self, look: RehearsalProgressCounts) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + PROGRESS_LINE_PAUSE_S
            click.echo(format_rehearsal_progress_line(look), err=True)


def format_rehearsal_progress_line(look: RehearsalProgressCounts) -> str:
    """Format a rehearsal's progress as one line: seconds, phase, and counts of faults, accepted and ended jobs."""
    return (
        f"{look.elapsed_s:.0f} s: {look.phase}, {look.faults} faults, {look.accepted} jobs accepted, {look.ended} ended"
    )


def encode_rehearsal_report(report: RehearsalReport) -> dict[str, Any]:
    """Return a rehearsal's report as plain values with camelCase names, for `--json`."""
    jobs = report.jobs
    return {
        "seed": report.plan.seed,
        "minutes": report.plan.seconds / 60,
        "tookSeconds": report.took_s,
        "passed": report.passed,
        "interrupted": report.interrupted,
        "accepted": jobs.accepted,
        "completed": jobs.completed,
        "failed": jobs.failed,
        "givenUp": jobs.given_up,
        "canceled": jobs.canceled,
        "open": jobs.open,
        "lost": jobs.lost_count,
        "doubled": jobs.doubled_count,
        "fenced": report.fenced,
        "recovered": len(report.recovery_s),
        "recoveryP50Seconds": _compute_recovery_percentile_s(report, 50),
        "recoveryP95Seconds": _compute_recovery_percentile_s(report, 95),
        "faults": report.faults,
        "died": report.died,
        "anomalies": [anomaly._asdict() for anomaly in jobs.anomalies],
        "logs": None if report.logs is None else str(report.logs),
    }


def render_rehearsal_as_rich(report: RehearsalReport) -> Group:
    """Return a rehearsal's report for the terminal: tables of jobs and faults, the anomalies, the verdict."""
    return Group(
        _render_rehearsal_job_table(report),
        "",
        _render_fault_table(report),
        *_list_rehearsal_problems(report),
        "",
        _format_rehearsal_verdict(report),
    )


def _render_rehearsal_job_table(report: RehearsalReport) -> Table:
    jobs, given_up = report.jobs, sum(report.jobs.given_up.values())
    codes = ", ".join(f"{code} {times}" for code, times in sorted(jobs.given_up.items()))
    died = f"{given_up} given up: {codes}" if given_up else "by their kind"
    rows = [
        ("accepted", jobs.accepted, "with a response, under an Idempotency-Key"),
        ("completed", jobs.completed, ""),
        ("failed", jobs.failed, died),
        ("canceled", jobs.canceled, "by their submitter"),
        ("open", jobs.open, "not ended after the end of the faults"),
        ("lost", jobs.lost_count, "no row, or completed without an effect"),
        ("doubled", jobs.doubled_count, "an effect or a job more than once"),
        ("fenced", report.fenced, "attempts of lost workers, refused by the fencing token"),
        (
            "recovery p50",
            _compute_recovery_percentile_s(report, 50),
            f"s, of {len(report.recovery_s)} attempts ended by faults",
        ),
        ("recovery p95", _compute_recovery_percentile_s(report, 95), "s"),
    ]
    return build_text_table(("JOBS", "", ""), [(name, str("-" if n is None else n), why) for name, n, why in rows])


def _render_fault_table(report: RehearsalReport) -> Table:
    return build_text_table(("FAULTS", ""), [(name, str(times)) for name, times in sorted(report.faults.items())])


def _list_rehearsal_problems(report: RehearsalReport) -> list[Text]:
    """Return lines with a rehearsal's anomalies, dead processes and logs' folder; none for a passed run."""
    if report.passed:
        return []
    logs_line = [f"The logs are in {report.logs}"]
    return [
        Text(text)
        for text in [
            "",
            *_format_anomaly_lines("lost", report),
            *_format_anomaly_lines("doubled", report),
            *report.died,
            *logs_line,
        ]
    ]


def _format_anomaly_lines(what: str, report: RehearsalReport) -> list[str]:
    """Return lines for the first anomalies of kind `what`, and one with the number of others."""
    lines = [f"{what}: job {anomaly.job}: {anomaly.why}" for anomaly in report.jobs.anomalies if anomaly.what == what]
    return lines[:MAX_REPORTED_ANOMALIES_A_KIND] + (
        [f"{what}: {len(lines) - MAX_REPORTED_ANOMALIES_A_KIND} more"]
        if len(lines) > MAX_REPORTED_ANOMALIES_A_KIND
        else []
    )


def _format_rehearsal_verdict(report: RehearsalReport) -> Text:
    plan = report.plan
    again = f"tenantry rehearse --minutes {plan.seconds / 60:g} --seed {plan.seed}"
    well = "interrupted" if report.interrupted else "passed"
    verdict = well if report.passed else "failed"
    return Text(f"{verdict} in {report.took_s:g} s; to repeat the same faults: {again}")


def _compute_recovery_percentile_s(report: RehearsalReport, percent: int) -> float | None:
    value_s = nearest_rank_percentile(report.recovery_s, percent)
    return None if value_s is None else round(value_s, 2)
