"""Prometheus' rules and Grafana's dashboard: sound, and about metrics that the server has."""

import itertools
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bert_aas.traffic.figures import Figures
from serving.errors import Code
from serving.observing.metrics.server_metrics import ServerMetrics
from serving.observing.metrics.traffic_metrics import ArmFigures
from serving.observing.observer import BatchRecord, LoadRecord, RequestRecord
from serving.states import State
from tests.deploy.tools import DEPLOY, check

RULES = DEPLOY / "prometheus" / "alerts.yaml"
RULE_TESTS = DEPLOY / "prometheus" / "alerts.test.yaml"
DASHBOARD = DEPLOY / "grafana" / "serving.json"
COLUMNS = 24
PANELS = {"timeseries", "state-timeline"}
OF_PROMETHEUS = {"job", "instance", "le"}

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool, of Debian's package prometheus, is absent"
)


@pytest.fixture(scope="module")
def labels() -> dict[str, set[str]]:
    """The labels of each line that a server with some traffic shows."""
    metrics = ServerMetrics()
    names = ("REST", "predict", "/v1/models/m:predict", "m")
    metrics.request(RequestRecord(*names, True, 1, Code.OK, 200, 0.1, 9, 9))
    metrics.run("m", "predict", 0.1)
    metrics.batch(BatchRecord("m", 1, 1, queue_times_s=(0.1,)))
    metrics.load(LoadRecord("m", 1, Code.OK, 1.0))
    metrics.captured("m", "capture", "written", 1)
    metrics.watch(lambda: [Model()])
    figures = Figures(9, 1, 0, 0.9, Counter({90: 8}), 7.0, 8, 4, 1, 3.0, 4)
    metrics.watch_traffic(lambda: [ArmFigures("m", "1", 100.0, figures, figures)])
    found: dict[str, set[str]] = {}
    for name, inside in re.findall(r"^(\S+?)\{(.*)\} ", metrics.render().decode(), re.MULTILINE):
        found[name] = set(re.findall(r"(\w+)=", inside))
    return found


class Model:
    """A model with one version that serves."""

    name = "m"

    @property
    def statuses(self) -> list[Any]:
        from serving.states import VersionStatus

        return [VersionStatus(1, State.AVAILABLE)]


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in dashboard()["panels"] for target in panel["targets"])
    yield dashboard()["templating"]["list"][1]["query"]["query"]


@needs_promtool
def test_the_rules_are_valid_and_do_what_their_tests_say() -> None:
    check("promtool", "check", "rules", RULES)
    check("promtool", "test", "rules", RULE_TESTS)


def test_each_alert_has_a_test_in_which_it_fires_and_a_sentence() -> None:
    tests = yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]
    fired = {
        one["alertname"] for test in tests for one in test["alert_rule_test"] if one["exp_alerts"]
    }
    alerts = [rule for rule in rules() if "alert" in rule]
    assert fired == {alert["alert"] for alert in alerts}
    assert all(alert["annotations"]["summary"].endswith(".") for alert in alerts)
    assert {alert["labels"]["severity"] for alert in alerts} == {"critical", "warning"}


def test_the_state_of_a_version_that_serves() -> None:
    (rule,) = (one for one in rules() if one.get("alert") == "BertAasNoVersionServes")
    assert f"== {int(State.AVAILABLE)})" in rule["expr"]


def test_the_server_has_the_metrics_and_their_labels(labels: dict[str, set[str]]) -> None:
    selectors = [
        found
        for expression in expressions()
        for found in re.findall(r"(:(?:tensorflow|bert_aas):[a-z_:]+)(?:\{([^}]*)\})?", expression)
    ]
    assert len(selectors) > 15
    for name, inside in selectors:
        assert set(re.findall(r"(\w+)\s*[=!]~?", inside)) <= labels.get(name, set()), name


def test_rules_group_by_labels_that_there_are(labels: dict[str, set[str]]) -> None:
    known = set().union(*labels.values()) | OF_PROMETHEUS
    for expression in expressions():
        for group in re.findall(r"(?:by|on) \(([^)]*)\)", expression):
            assert set(re.split(r",\s*", group)) <= known, expression


def test_recorded_series_are_those_that_are_used() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    used = {name for one in expressions() for name in re.findall(r"bert_aas:[a-z_]+:\w+5m", one)}
    assert used == recorded


def test_the_panels_lie_side_by_side() -> None:
    panels = dashboard()["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    assert {panel["type"] for panel in panels} == PANELS
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        columns = range(at["x"], at["x"] + at["w"])
        cells = set(itertools.product(columns, range(at["y"], at["y"] + at["h"])))
        assert columns.stop <= COLUMNS
        assert not taken & cells
        taken |= cells
    lowest = max(row for _, row in taken) + 1
    assert len(taken) == COLUMNS * lowest  # no holes


def test_the_dashboard_asks_the_data_source_that_is_chosen() -> None:
    found = dashboard()
    source, model = found["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == (
        *("datasource", "datasource"),
        "prometheus",
    )
    assert model["name"] == "model"
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert model["datasource"] == chosen
    for panel in found["panels"]:
        assert panel["datasource"] == chosen
        assert panel["description"].endswith(".")
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs)
        for target in panel["targets"]:
            assert target["datasource"] == chosen
            assert set(re.findall(r"\$\{?(\w+)", target["expr"])) <= {"model", "__rate_interval"}


@needs_promtool
def test_prometheus_understands_the_dashboard(tmp_path: Path) -> None:
    asked = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    plain = [one.replace("$__rate_interval", "5m").replace("$model", ".*") for one in asked]
    records = [{"record": f"panel:{number}", "expr": one} for number, one in enumerate(plain)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))
    check("promtool", "check", "rules", file)
