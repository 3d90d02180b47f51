"""Tables of `tenantry bench`: figures with their targets, and their details."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group
from rich.table import Table

from cli.shared.output import table
from tools.bench.figures import TARGETS, BenchmarkResult
from tools.bench.neighbours.measure import AttackResult


def figures_table(result: BenchmarkResult) -> Group:
    """Return a row for each figure, and one for each detail."""
    return Group(_figures(result.figures), "", _details(result.details))


def _figures(figures: Mapping[str, float]) -> Table:
    return table(
        ("figure", "measured", "to reach", "reached"),
        [
            (
                target.what,
                f"{figures[name]:g}",
                f"{'>=' if target.is_minimum else '<='} {target.limit(figures):g}",
                target.met(figures[name], figures),
            )
            for name, target in TARGETS.items()
            if name in figures
        ],
    )


def attacks_table(measured: Mapping[str, AttackResult]) -> Group:
    """Return a row for each attack, and its observations."""
    heads = ("attack", "rest p50", "p95", "attacked p50", "p95 ms", "at most", "failed", "reached")
    rows = [
        (
            name, row.rest.p50, row.rest.p95, row.beside.p50, row.beside.p95, row.limit_ms,
            f"{row.beside.failed}/{row.beside.tried}", row.reached,
        )
        for name, row in measured.items()
    ]  # fmt: skip
    noted = {
        name: {"attack": row.what, "noted": row.noted, "failure": row.beside.sample or "none"}
        for name, row in measured.items()
    }
    return Group(table(heads, rows), "", _details(noted))


def statements_table(result: BenchmarkResult) -> Group:
    """Return a row for each statement, and the new tenant's wait."""
    rows = [
        (
            name,
            row["empty_ms"],
            row["old_ms"],
            f"{row['ratio']:g} x",
            f"<= {row['aim']:g} x",
            row["ratio"] <= row["aim"],
        )
        for name, row in result.details["rows"].items()
    ]
    heads = ("statement", "empty, ms", "old, ms", "ratio", "to reach", "reached")
    return Group(
        table(heads, rows),
        "",
        _details({"newcomer_s": result.details["newcomer_s"], "machine": result.details["machine"]}),
    )


def _details(details: Mapping[str, Any]) -> Table:
    return table(("detail", "values"), [(name, _words(value)) for name, value in _leaves(details)])


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the innermost mappings of plain values, each with its path."""
    for name, value in values.items():
        if isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values()):
            yield from _leaves(value, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", value


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{name} {_words(inner)}" for name, inner in value.items())
    return ", ".join(map(_words, value)) if isinstance(value, list) else f"{value}"
