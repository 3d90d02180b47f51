"""Grafana dashboard: a panel for each metric of `telemetry.metrics`, a row for each section there."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from telemetry import metrics

#: Width of Grafana's grid, in its units.
GRAFANA_GRID_WIDTH = 24
GRAFANA_PANELS_A_ROW = 3
GRAFANA_PANEL_HEIGHT = 8

GRAFANA_PROMETHEUS_DATASOURCE = {"type": "prometheus", "uid": "${source}"}
HISTOGRAM_QUANTILES = (0.5, 0.95, 0.99)
#: Selector of the processes chosen by the dashboard's variable `instance`.
PROMETHEUS_INSTANCE_SELECTOR = '{instance=~"$instance"}'

_METRICS_SOURCE_SECTION_OR_METRIC_PATTERN = re.compile(
    r"^# (.+)$|^([A-Z_]+) = (?:Counter|Gauge|Histogram)\(", re.MULTILINE
)


def render_grafana_dashboard() -> str:
    """Return the text of deploy/grafana/tenantry.json, a dashboard with a panel for each metric."""
    return json.dumps(_build_dashboard(), indent=1) + "\n"


def list_metrics_by_section() -> dict[str, list[MetricWrapperBase]]:
    """Return the objects of all Prometheus metrics, by the section of `telemetry.metrics` that they are in."""
    sections: dict[str, list[MetricWrapperBase]] = {}
    for part, name in _METRICS_SOURCE_SECTION_OR_METRIC_PATTERN.findall(inspect.getsource(metrics)):
        if part:
            sections[part] = rows = []
        else:
            rows.append(getattr(metrics, name))
    return sections


def _build_dashboard() -> dict[str, Any]:
    return {
        "uid": "tenantry",
        "title": "Tenantry",
        "tags": ["tenantry"],
        "timezone": "browser",
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": _build_dashboard_variables()},
        "panels": [panel | {"id": number} for number, panel in enumerate(_build_panels(), 1)],
    }


def _build_dashboard_variables() -> list[dict[str, Any]]:
    instances = "label_values(python_info, instance)"
    return [
        {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
        {
            "name": "instance", "type": "query", "label": "Process", "datasource": GRAFANA_PROMETHEUS_DATASOURCE,
            "refresh": 2,
            "query": {"query": instances, "refId": "instances"}, "definition": instances,
            "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        },
    ]  # fmt: skip


def _build_panels() -> Iterator[dict[str, Any]]:
    y = 0
    for part, rows in list_metrics_by_section().items():
        yield {
            "type": "row",
            "title": part,
            "collapsed": False,
            "gridPos": _build_grafana_grid_position(0, y, GRAFANA_GRID_WIDTH, 1),
            "panels": [],
        }
        y += 1
        for number, metric in enumerate(rows):
            wide = GRAFANA_GRID_WIDTH // GRAFANA_PANELS_A_ROW
            at = _build_grafana_grid_position(
                number % GRAFANA_PANELS_A_ROW * wide,
                y + number // GRAFANA_PANELS_A_ROW * GRAFANA_PANEL_HEIGHT,
                wide,
                GRAFANA_PANEL_HEIGHT,
            )
            yield _build_panel(metric) | {"gridPos": at}
        y += -(-len(rows) // GRAFANA_PANELS_A_ROW) * GRAFANA_PANEL_HEIGHT


def _build_grafana_grid_position(x: int, y: int, w: int, h: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": w, "h": h}


def _build_panel(metric: MetricWrapperBase) -> dict[str, Any]:
    name = metric._name  # noqa: SLF001  prometheus_client has no public accessor
    return {
        "type": "timeseries",
        "title": name,
        "description": metric._documentation,  # noqa: SLF001
        "datasource": GRAFANA_PROMETHEUS_DATASOURCE,
        "fieldConfig": {"defaults": {"unit": _choose_panel_unit(metric), "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "expr": expression,
                "legendFormat": legend,
                "datasource": GRAFANA_PROMETHEUS_DATASOURCE,
            }
            for number, (expression, legend) in enumerate(_build_panel_queries(metric))
        ],
    }


def _choose_panel_unit(metric: MetricWrapperBase) -> str:
    if isinstance(metric, Counter):
        return "cps"
    return "s" if metric._name.endswith("_seconds") else "short"  # noqa: SLF001


def _build_panel_queries(metric: MetricWrapperBase) -> Iterator[tuple[str, str]]:
    """Yield expression and legend of each line: rates of counters, quantiles of histograms, raw gauges."""
    name, labels = metric._name, metric._labelnames  # noqa: SLF001
    legend = " ".join(f"{{{{{label}}}}}" for label in labels)
    match metric:
        case Counter():
            by = f" by ({', '.join(labels)})" if labels else ""
            yield f"sum{by} (rate({name}_total{PROMETHEUS_INSTANCE_SELECTOR}[$__rate_interval]))", legend or "all"
        case Histogram():
            by = ", ".join(("le", *labels))
            for quantile in HISTOGRAM_QUANTILES:
                rates = f"sum by ({by}) (rate({name}_bucket{PROMETHEUS_INSTANCE_SELECTOR}[$__rate_interval]))"
                yield f"histogram_quantile({quantile}, {rates})", f"p{quantile * 100:g} {legend}".strip()
        case Gauge():
            yield f"{name}{PROMETHEUS_INSTANCE_SELECTOR}", f"{{{{instance}}}} {legend}".strip()
