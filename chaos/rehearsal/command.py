"""`tenantry rehearse`: load on the job ledger under faults."""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.live import Live
from rich.text import Text

from chaos.rehearsal import view as views
from chaos.rehearsal.perform import Listeners, Plan, Progress, Report, perform
from cli.shared.command import answering
from cli.shared.exit_codes import FAILED, INTERRUPTED
from cli.shared.output import CommandResult, console

#: Pause between two lines of progress without a terminal, in seconds.
LINE_S = 5.0


@click.command()
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.05),
    default=1.0,
    show_default=True,
    help="Duration of load under faults.",
)
@click.option("--seed", type=int, help="Seed of the faults and the load; it fixes the schedule. [random]")
@answering
async def rehearse(minutes: float, seed: int | None) -> CommandResult:
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
    with _progress() as tell:
        tell.fault(f"seed {chosen}: servers start")
        report = await perform(Plan(minutes * 60, chosen), tell)
    return CommandResult(views.report_data(report), views.report_view(report), exit_code=_code(report))


def _code(report: Report) -> int:
    if not report.passed:
        return FAILED
    return INTERRUPTED if report.interrupted else 0


@contextmanager
def _progress() -> Iterator[Listeners]:
    """Show progress on stderr: a live line on a terminal, else a line every few seconds."""
    if sys.stderr.isatty():
        with Live(console=console(sys.stderr), transient=True, refresh_per_second=4) as live:
            yield Listeners(
                live.console.print, lambda look: live.update(Text(views.progress_line(look), "bold"))
            )
    else:
        yield Listeners(lambda line: click.echo(line, err=True), _Lines().look)


class _Lines:
    """Progress as lines, at most one every `LINE_S`."""

    def __init__(self) -> None:
        self.due = time.monotonic()

    def look(self, look: Progress) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + LINE_S
            click.echo(views.progress_line(look), err=True)
