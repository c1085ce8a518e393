"""Who had the last word on a model."""

from pathlib import Path
from typing import Any, cast

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.metadata.records import ArtifactRecord
from pipeline.report.reading.sources import Sources
from pipeline.report.sections.verdict import Check, read_verdict

Blessings = dict[str, dict[str, Any]]


class _Run:
    """A run of which nothing is known but its blessings."""

    def __init__(self, config: PipelineConfig, blessings: Blessings) -> None:
        self.run: dict[str, Any] = {}
        self.config = config
        self.blessings = blessings

    def artifact(self, node_id: str, key: str) -> ArtifactRecord | None:
        found = self.blessings.get(node_id) if key == "blessing" else None
        return None if found is None else ArtifactRecord(1, "ModelBlessing", "/here", found)

    def reason(self, node_id: str) -> str:
        return f"{node_id} did not run"

    def once(self, name: str, collect: Any) -> None:
        """There are no figures."""


def first_check(blessings: Blessings, tmp_path: Path) -> Check:
    content = {
        "name": "toy",
        "output_dir": str(tmp_path),
        "data": {"path": "rows.csv"},
        "encoder": {"source": "/encoder"},
    }
    config = PipelineConfig.model_validate(content)
    return read_verdict(cast("Sources", _Run(config, blessings))).checks[0]


UNDECIDED = {"blessed": 0, "reason": "undecided: a", "compared": "a"}


def test_the_evaluator_decides(tmp_path: Path) -> None:
    found = first_check({"Evaluator": {"blessed": 1, "reason": "blessed: a"}}, tmp_path)
    assert (found.passed, found.reason) == (True, "blessed: a")


def test_a_later_node_has_not_decided(tmp_path: Path) -> None:
    found = first_check({"Evaluator": UNDECIDED}, tmp_path)
    assert (found.passed, found.reason) == (None, "undecided: a")


def test_a_later_node_has_decided(tmp_path: Path) -> None:
    last = {"blessed": 0, "reason": "not blessed: b"}
    found = first_check({"Evaluator": UNDECIDED, "ModelBiasDetector": last}, tmp_path)
    assert (found.passed, found.reason) == (False, "not blessed: b")
