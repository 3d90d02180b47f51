"""Views of `tenantry rehearse`: a progress line, and the report."""

from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from chaos.rehearsal.perform import Progress, Report
from chaos.rehearsal.recovery import percentile
from cli.shared.output import table

#: Maximum anomalies of one kind in the report.
MAX_ANOMALIES = 10


def progress_line(look: Progress) -> str:
    """Format a progress line."""
    return (
        f"{look.elapsed_s:.0f} s: {look.phase}, {look.faults} faults, {look.accepted} jobs accepted, "
        f"{look.ended} ended"
    )


def report_data(report: Report) -> dict[str, Any]:
    """Return the report for programs."""
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
        "lost": jobs.lost,
        "doubled": jobs.doubled,
        "fenced": report.fenced,
        "recovered": len(report.recovery_s),
        "recoveryP50Seconds": _seconds(report, 50),
        "recoveryP95Seconds": _seconds(report, 95),
        "faults": report.faults,
        "died": report.died,
        "anomalies": [anomaly._asdict() for anomaly in jobs.anomalies],
        "logs": None if report.logs is None else str(report.logs),
    }


def report_view(report: Report) -> Group:
    """Return the tables of jobs and faults, the anomalies and the verdict."""
    return Group(_jobs(report), "", _faults(report), *_wrong(report), "", _verdict(report))


def _jobs(report: Report) -> Table:
    jobs, given_up = report.jobs, sum(report.jobs.given_up.values())
    codes = ", ".join(f"{code} {times}" for code, times in sorted(jobs.given_up.items()))
    died = f"{given_up} given up: {codes}" if given_up else "by their kind"
    rows = [
        ("accepted", jobs.accepted, "with a response, under an Idempotency-Key"),
        ("completed", jobs.completed, ""),
        ("failed", jobs.failed, died),
        ("canceled", jobs.canceled, "by their submitter"),
        ("open", jobs.open, "not ended after the end of the faults"),
        ("lost", jobs.lost, "no row, or completed without an effect"),
        ("doubled", jobs.doubled, "an effect or a job more than once"),
        ("fenced", report.fenced, "attempts of lost workers, refused by the fencing token"),
        ("recovery p50", _seconds(report, 50), f"s, of {len(report.recovery_s)} attempts ended by faults"),
        ("recovery p95", _seconds(report, 95), "s"),
    ]
    return table(("JOBS", "", ""), [(name, str("-" if n is None else n), why) for name, n, why in rows])


def _faults(report: Report) -> Table:
    return table(("FAULTS", ""), [(name, str(times)) for name, times in sorted(report.faults.items())])


def _wrong(report: Report) -> list[Text]:
    """Return the anomalies, the dead processes and the logs' folder; empty for a passed run."""
    if report.passed:
        return []
    logs_line = [f"The logs are in {report.logs}"]
    return [
        Text(text)
        for text in [
            "",
            *_anomaly_lines("lost", report),
            *_anomaly_lines("doubled", report),
            *report.died,
            *logs_line,
        ]
    ]


def _anomaly_lines(what: str, report: Report) -> list[str]:
    """Return a line for each anomaly of a kind, and the number of further ones."""
    lines = [
        f"{what}: job {anomaly.job}: {anomaly.why}"
        for anomaly in report.jobs.anomalies
        if anomaly.what == what
    ]
    return lines[:MAX_ANOMALIES] + (
        [f"{what}: {len(lines) - MAX_ANOMALIES} more"] if len(lines) > MAX_ANOMALIES else []
    )


def _verdict(report: Report) -> Text:
    plan = report.plan
    again = f"tenantry rehearse --minutes {plan.seconds / 60:g} --seed {plan.seed}"
    well = "interrupted" if report.interrupted else "passed"
    verdict = well if report.passed else "failed"
    return Text(f"{verdict} in {report.took_s:g} s; to repeat the same faults: {again}")


def _seconds(report: Report, percent: int) -> float | None:
    value_s = percentile(report.recovery_s, percent)
    return None if value_s is None else round(value_s, 2)
