"""Each metric that dashboards, alarms and the page name is exported, with these labels; each exported one is named there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from rapport.webhooks.delivering import posting
from shared.runtime.observability.metrics import Meters

ROOT = Path(__file__).parents[5]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
ALERT_TESTS = ROOT / "deploy" / "prometheus" / "alerts_test.yml"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
SEVERITIES = {"page", "ticket"}
PROMETHEUS_LABELS = {"job", "instance"}
"""What Prometheus itself adds."""


def _exported(meters: Any) -> dict[str, tuple[str, set[str]]]:
    """Return the exported metrics by their documented name: kind, and labels."""
    found = {}
    for metric in (value for value in vars(meters).values() if hasattr(value, "_labelnames")):
        (family,) = metric.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = (family.type, set(metric._labelnames))
    assert {family.name for family in meters.registry.collect()} == {name.removesuffix("_total") for name in found}, (
        "a metric that is not an attribute of Meters"
    )
    return found


EXPORTED = _exported(Meters())
WITH_WEBHOOKS = EXPORTED | _exported(posting.Meters())
"""What alarms may name: those of webhooks stand in docs/webhooks.md, and are of no service."""


def _base(name: str) -> str:
    """Return the metric that a series belongs to."""
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if base != name and EXPORTED.get(base, ("", set()))[0] == "histogram":
            return base
    return name


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _expressions(board: Path) -> Iterator[str]:
    for panel in json.loads(board.read_text(encoding="utf-8"))["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def _named(expression: str) -> set[str]:
    return {_base(name) for name in re.findall(r"\brapport_[a-z_]+", expression)}


def _labels(expression: str) -> set[str]:
    grouped = [label for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in group.split(",")]
    matched = re.findall(r"([a-z_]+)(?:=~|!~|!=|=)\"", expression)
    return {label.strip() for label in [*grouped, *matched]}


def _knows(expression: str, exported: Mapping[str, tuple[str, set[str]]] = EXPORTED) -> None:
    named = _named(expression)
    assert named <= set(exported), f"not exported: {sorted(named - set(exported))}"
    known = {label for name in named for label in exported[name][1]} | PROMETHEUS_LABELS
    if any(exported[name][0] == "histogram" for name in named):
        known.add("le")
    assert _labels(expression) <= known, expression


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_names_only_what_is_exported(board: Path) -> None:
    expressions = list(_expressions(board))
    assert len(expressions) >= 10
    for expression in expressions:
        assert _named(expression), expression
        _knows(expression)


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_an_alarm_names_only_what_is_exported_and_says_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    assert _named(rule["expr"]) or rule["alert"] == "RapportDown"
    _knows(rule["expr"], WITH_WEBHOOKS)
    assert rule["labels"]["severity"] in SEVERITIES
    assert set(rule["annotations"]) == {"summary", "meaning", "action", "runbook_url"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert all(len(words) > 20 for words in rule["annotations"].values())


def test_each_alarm_is_tested_and_no_other() -> None:
    tested = set(re.findall(r'alertname="([A-Za-z]+)"', ALERT_TESTS.read_text(encoding="utf-8")))
    assert tested == {rule["alert"] for rule in _rules()}


def test_the_series_that_the_tests_of_the_alarms_make_up_are_exported() -> None:
    _knows("\n".join(re.findall(r"- series: '(.*)'", ALERT_TESTS.read_text(encoding="utf-8"))), WITH_WEBHOOKS)


def test_each_exported_metric_is_on_a_dashboard() -> None:
    """What an alarm rings for is there to be looked at, too."""
    used = [expression for board in DASHBOARDS for expression in _expressions(board)]
    assert set(EXPORTED) == {name for expression in used for name in _named(expression)}


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda path: path.stem)
def test_no_panel_lies_upon_another(board: Path) -> None:
    panels = json.loads(board.read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for at in (panel["gridPos"] for panel in panels):
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24  # Grafana's columns
        taken |= cells


def test_the_page_lists_each_exported_metric_with_its_kind_and_labels() -> None:
    rows = re.findall(r"^\| `(rapport_[a-z_]+)` \| ([a-z]+) \| ([^|]*) \| .{10,} \|$", PAGE, re.MULTILINE)
    listed = {name: (kind, {"service", *re.findall(r"`([a-z]+)`", labels)}) for name, kind, labels in rows}
    assert listed == EXPORTED
    assert len(rows) == len(listed)


def test_the_page_lists_each_alarm() -> None:
    listed = set(re.findall(r"^\| `(Rapport[A-Za-z]+)` \|", PAGE, re.MULTILINE))
    assert listed == {rule["alert"] for rule in _rules()}


def test_every_metric_says_which_service_it_is_about() -> None:
    assert [name for name, (_, labels) in EXPORTED.items() if "service" not in labels] == []
