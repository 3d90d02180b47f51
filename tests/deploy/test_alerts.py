"""Alerts and the dashboard: existing metrics, a runbook section and a test for each alert."""

import json
import re

import yaml
from prometheus_client import Counter, Gauge, Histogram

from telemetry import metrics
from tests.deploy.forms import DEPLOY, ROOT

METRICS = [metric for metric in vars(metrics).values() if isinstance(metric, Counter | Gauge | Histogram)]
#: Metric names in Prometheus, with `up` and a metric of its client.
PROMETHEUS_NAMES = {
    name
    for metric in METRICS
    for name in (
        [f"{metric._name}_total"]
        if isinstance(metric, Counter)
        else [f"{metric._name}_{part}" for part in ("bucket", "sum", "count")]
        if isinstance(metric, Histogram)
        else [metric._name]
    )
} | {"up", "python_info"}
#: Labels, ranges and modifiers of a PromQL expression.
_STRIPPED = re.compile(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring) \([^)]*\)|\$\w+|\boffset \w+")
_NAME = re.compile(r"\b[a-z_]+\b(?!\()")
OPERATORS = {"sum", "max", "by", "or", "and", "unless"}

ALERTS = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def metric_names(expression: str) -> set[str]:
    return set(_NAME.findall(_STRIPPED.sub("", expression))) - OPERATORS


def test_alerts_use_existing_metrics() -> None:
    assert {name for rule in ALERTS for name in metric_names(rule["expr"])} <= PROMETHEUS_NAMES


def test_metric_names_include_unknown_metrics() -> None:
    assert metric_names('sum by (pool) (rate(nothing_total{pool="x"}[5m])) > 0 or gone') == {"nothing_total", "gone"}


def test_each_alert_has_a_runbook_section_and_a_severity() -> None:
    for rule in ALERTS:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        headings = HEADING.findall((ROOT / page).read_text("utf-8"))
        assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_each_alert_fires_in_its_promtool_test() -> None:
    tested = yaml.safe_load((DEPLOY / "prometheus" / "alerts_test.yaml").read_text())["tests"]
    expected = json.dumps(tested)
    assert [rule["alert"] for rule in ALERTS if f'alertname=\\"{rule["alert"]}\\"' not in expected] == []


def test_the_dashboard_has_one_panel_for_each_metric() -> None:
    content = json.loads((DEPLOY / "grafana" / "tenantry.json").read_text())
    panels = [panel for panel in content["panels"] if panel["type"] != "row"]
    assert sorted(panel["title"] for panel in panels) == sorted(metric._name for metric in METRICS)
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert {name for expression in expressions for name in metric_names(expression)} <= PROMETHEUS_NAMES
    assert len({panel["id"] for panel in content["panels"]}) == len(content["panels"])
