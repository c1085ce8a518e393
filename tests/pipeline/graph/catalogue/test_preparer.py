"""A rule is in the cache keys of exactly the nodes that it concerns."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.encoders.resolving import EncoderModule
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.catalogue.entry import Told
from pipeline.graph.catalogue.order import catalogue


@pytest.fixture
def encoder(tmp_path: Path) -> EncoderModule:
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("[CLS]\n[SEP]\n[UNK]\n", encoding="utf-8")
    return EncoderModule(tmp_path, "feed", vocab, True, 512, 16)


def keys(folder: Path, encoder: EncoderModule, **prepare: Any) -> dict[str, Any]:
    """The parameters of every node of the graph."""
    given = {"data": {"path": "rows.csv"}, "output_dir": str(folder), "prepare": prepare}
    config = PipelineConfig.model_validate_json(json.dumps(given))
    told = Told(config, encoder, "code")
    return {
        name: entry.parameters(told) for name, entry in catalogue().items() if entry.enabled(config)
    }


@pytest.mark.parametrize(
    ("rules", "nodes"),
    [
        ({"balance": "upsample"}, {"Preparer"}),
        ({"label_map": {"a": [1]}}, {"Preparer", "Trainer"}),
        ({"drop_labels": [1]}, {"Preparer", "Trainer"}),
        ({"near_duplicates": {"threshold": 0.9}}, {"Preparer"}),
        ({"clean": ["html"]}, {"Preparer", "Transform"}),
        ({"clean": []}, {"Preparer", "Transform"}),
        ({"personal_data": ["phone"]}, {"Preparer", "Transform"}),
    ],
)
def test_a_changed_rule(
    tmp_path: Path, encoder: EncoderModule, rules: dict[str, Any], nodes: set[str]
) -> None:
    before = keys(tmp_path, encoder, enabled=True)
    after = keys(tmp_path, encoder, enabled=True, **rules)
    assert {name for name in before if before[name] != after[name]} == nodes


def test_switched_off_it_is_in_no_key(tmp_path: Path, encoder: EncoderModule) -> None:
    off = keys(tmp_path, encoder)
    assert "Preparer" not in off
    assert off == keys(tmp_path, encoder, clean=["html"], personal_data=["email"])
    assert "rules" not in json.dumps(off)


def test_rules_are_read_back_from_a_past_run(tmp_path: Path, encoder: EncoderModule) -> None:
    told = keys(tmp_path, encoder, enabled=True, label_map={-1: [1, 2]})
    ((section, found),) = catalogue()["Preparer"].stored(told["Preparer"])
    assert section == "prepare"
    assert found["label_map"] == {"-1": ["1", "2"]}
