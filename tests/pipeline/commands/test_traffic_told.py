"""The registry is told how plans of traffic end."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from bert_aas.traffic.plans.changing import roll_back
from bert_aas.traffic.plans.files import changed_plans
from bert_aas.traffic.plans.plan import Ending
from pipeline.cli import main
from tests.pipeline.commands.shops import Shop

pytestmark = pytest.mark.slow  # MLflow takes seconds to import and to open


class Circle:
    """Version 1 answers, version 2 comes in by a plan."""

    def __init__(self, folder: Path) -> None:
        self.shop, self.plan = Shop(folder), folder / "traffic.json"
        for number in ("1", "2"):
            self.shop.call("approve", "shop", number, "--by", "bob", "--reason", "reads well")
        self.shop.call("deploy", "shop", "1")
        self.shop.call("deploy", "shop", "2", "--strategy", "canary", "--plan", str(self.plan))

    def traffic(self, *arguments: str, registry: str | None = None) -> int:
        there = ("--plan", str(self.plan), "--registry", registry or self.shop.place)
        return main(["traffic", *arguments, *there])

    def alarm(self) -> None:
        """Roll back as a server does it, which knows no registry."""
        with changed_plans(self.plan) as plans:
            ending = Ending("rolled-back", "", time.time(), "server", "error_rate is 0.5")
            plans["shop"] = roll_back(plans["shop"], ending)

    def listed(self, capsys: pytest.CaptureFixture[str]) -> list[tuple[Any, ...]]:
        capsys.readouterr()
        assert self.shop.call("list", "--json") == 0
        found = json.loads(capsys.readouterr().out)
        return [(one["version"], one["aliases"], len(one["served_from"])) for one in found]

    def ends(self, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
        capsys.readouterr()
        assert self.shop.call("show", "shop", "2", "--json") == 0
        found = json.loads(capsys.readouterr().out)["deployments"]
        return [one["end"] for one in found if one["end"]]


BEFORE = [(1, [], 0), (2, ["champion"], 1), (3, ["challenger"], 0)]
AFTER = [(1, ["champion"], 1), (2, [], 0), (3, ["challenger"], 0)]


def test_a_rollback_and_a_promotion_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    circle = Circle(tmp_path)
    assert circle.listed(capsys) == BEFORE
    assert circle.traffic("rollback", "shop", "--reason", "it is rude", "--by", "ann") == 0
    assert "version 2 of shop is served no more" in capsys.readouterr().out
    assert circle.listed(capsys) == AFTER
    (end,) = circle.ends(capsys)
    assert (end["by"], end["reason"]) == ("ann", "rolled back by traffic: it is rude")
    assert circle.shop.call("show", "shop", "2") == 0
    assert "it is rude" in capsys.readouterr().out

    number = max(int(path.name) for path in circle.shop.serving.iterdir())
    again = ("shop", "2", "--strategy", "ab", "--plan", str(circle.plan))
    assert circle.shop.call("deploy", *again) == 0
    assert max(int(path.name) for path in circle.shop.serving.iterdir()) > number
    assert circle.traffic("promote", "shop") == 0
    assert circle.listed(capsys) == BEFORE
    assert circle.traffic("rollback", "shop", "--reason", "too slow") == 0
    assert circle.listed(capsys) == AFTER


def test_an_alarm_is_told_afterwards(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    circle = Circle(tmp_path)
    circle.alarm()
    assert circle.listed(capsys) == BEFORE
    assert circle.traffic("sync", "shop") == 0
    assert circle.listed(capsys) == AFTER
    (end,) = circle.ends(capsys)
    assert (end["by"], end["reason"]) == ("server", "rolled back by traffic: error_rate is 0.5")
    assert circle.traffic("sync", "shop") == 0
    assert "the registry knows already" in capsys.readouterr().out
    assert circle.ends(capsys) == [end]


def test_a_registry_that_is_not_there_is_told_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    circle = Circle(tmp_path)
    nowhere = str(tmp_path / "nowhere")
    assert circle.traffic("rollback", "shop", "--reason", "bad", registry=nowhere) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "the registry was not told: there is no registry" in out
    assert "`bert-aas traffic sync shop` tells it" in out
    assert circle.traffic("sync", "shop", registry=nowhere) == 2
    assert circle.traffic("sync", "shop") == 0
    assert circle.listed(capsys) == AFTER


def test_a_plan_without_registered_versions_has_nothing_to_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = ("--plan", str(tmp_path / "traffic.json"))
    assert main(["traffic", "sync", "bert", *plan]) == 2
    start = ("--strategy", "ab", "--candidate", "4", "--champion", "3")
    assert main(["traffic", "start", "bert", *start, *plan]) == 0
    assert main(["traffic", "sync", "bert", *plan]) == 2
    assert "names no registered model" in " ".join(capsys.readouterr().err.split())
    assert main(["traffic", "rollback", "bert", "--reason", "bad", *plan]) == 0
    assert "registry" not in capsys.readouterr().out
