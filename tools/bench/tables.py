"""Tables of `tenantry bench`: figures with their targets, and their details."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group
from rich.table import Table

from cli.shared.output import build_text_table
from tools.bench.figures import FIGURE_TARGETS, BenchmarkResult
from tools.bench.neighbours.measure import NeighbourAttackResult


def build_bench_figure_tables(result: BenchmarkResult) -> Group:
    """Return a table of a benchmark's figures, and one of its details."""
    return Group(_build_bench_figures_table(result.figures), "", _build_bench_details_table(result.details))


def _build_bench_figures_table(figures: Mapping[str, float]) -> Table:
    return build_text_table(
        ("figure", "measured", "to reach", "reached"),
        [
            (
                target.what,
                f"{figures[name]:g}",
                f"{'>=' if target.is_minimum else '<='} {target.compute_limit(figures):g}",
                target.is_met(figures[name], figures),
            )
            for name, target in FIGURE_TARGETS.items()
            if name in figures
        ],
    )


def build_bench_attack_tables(measured: Mapping[str, NeighbourAttackResult]) -> Group:
    """Return a table of the victims' times in the measured attacks, and one of each attack's notes."""
    heads = ("attack", "rest p50", "p95", "attacked p50", "p95 ms", "at most", "failed", "reached")
    rows = [
        (
            name, row.rest.p50, row.rest.p95, row.beside.p50, row.beside.p95, row.limit_ms,
            f"{row.beside.failed}/{row.beside.tried}", row.is_target_met,
        )
        for name, row in measured.items()
    ]  # fmt: skip
    noted = {
        name: {"attack": row.what, "noted": row.noted, "failure": row.beside.sample or "none"}
        for name, row in measured.items()
    }
    return Group(build_text_table(heads, rows), "", _build_bench_details_table(noted))


def build_bench_statement_tables(result: BenchmarkResult) -> Group:
    """Return a table of the measured statements, and one with the new tenant's wait."""
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
        build_text_table(heads, rows),
        "",
        _build_bench_details_table({"newcomer_s": result.details["newcomer_s"], "machine": result.details["machine"]}),
    )


def _build_bench_details_table(details: Mapping[str, Any]) -> Table:
    return build_text_table(
        ("detail", "values"), [(name, _format_bench_detail(value)) for name, value in _yield_bench_details(details)]
    )


def _yield_bench_details(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the innermost mappings of nested details, each with its path of names."""
    for name, value in values.items():
        if isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values()):
            yield from _yield_bench_details(value, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", value


def _format_bench_detail(value: Any) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{name} {_format_bench_detail(inner)}" for name, inner in value.items())
    return ", ".join(map(_format_bench_detail, value)) if isinstance(value, list) else f"{value}"
