"""Alerts and the dashboard: existing metrics, a runbook section and a test for each alert."""

import json
import re

import yaml
from prometheus_client import Counter, Gauge, Histogram

from docs.make import dashboard
from telemetry import metrics
from tests.deploy.forms import DEPLOY, ROOT

OURS = [each for each in vars(metrics).values() if isinstance(each, Counter | Gauge | Histogram)]
#: Metric names in Prometheus, with `up` and a metric of its client.
NAMES = {
    name
    for each in OURS
    for name in (
        [f"{each._name}_total"]
        if isinstance(each, Counter)
        else [f"{each._name}_{part}" for part in ("bucket", "sum", "count")]
        if isinstance(each, Histogram)
        else [each._name]
    )
} | {"up", "python_info"}
#: Labels, ranges and modifiers of a PromQL expression.
_STRIPPED = re.compile(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring) \([^)]*\)|\$\w+|\boffset \w+")
_NAME = re.compile(r"\b[a-z_]+\b(?!\()")
WORDS = {"sum", "max", "by", "or", "and", "unless"}

ALERTS = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def named(expression: str) -> set[str]:
    return set(_NAME.findall(_STRIPPED.sub("", expression))) - WORDS


def test_alerts_are_about_metrics_that_exist() -> None:
    assert {name for rule in ALERTS for name in named(rule["expr"])} <= NAMES


def test_an_expression_with_a_foreign_name_would_be_seen() -> None:
    assert named('sum by (pool) (rate(nothing_total{pool="x"}[5m])) > 0 or gone') == {"nothing_total", "gone"}


def test_each_alert_leads_to_a_part_of_a_page_and_says_how_soon() -> None:
    for rule in ALERTS:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        headings = HEADING.findall((ROOT / page).read_text("utf-8"))
        assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_each_alert_goes_off_in_its_test() -> None:
    tested = yaml.safe_load((DEPLOY / "prometheus" / "alerts_test.yaml").read_text())["tests"]
    expected = json.dumps(tested)
    assert [rule["alert"] for rule in ALERTS if f'alertname=\\"{rule["alert"]}\\"' not in expected] == []


def test_the_dashboard_has_a_panel_for_each_metric_and_asks_for_nothing_else() -> None:
    made = json.loads((DEPLOY / "grafana" / "tenantry.json").read_text())
    panels = [panel for panel in made["panels"] if panel["type"] != "row"]
    assert sorted(panel["title"] for panel in panels) == sorted(each._name for each in OURS)
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert {name for expression in expressions for name in named(expression)} <= NAMES
    assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])


def test_no_two_panels_are_in_one_place() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard._panels():
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
