"""A run from a feature group goes by the label map of the run that wrote the group."""

import json
from pathlib import Path
from typing import Any

from bert_aas.features.store import FeatureStore
from bert_aas.preparation.label_rules import LabelRules
from models.encoders.resolving import EncoderModule
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.catalogue.entry import Told
from pipeline.graph.catalogue.order import catalogue
from pipeline.graph.told.label_rules import label_rules
from tests.bert_aas.features.records import CUSTOMERS

STARS = LabelRules(label_map={"-1": ("1", "2"), "1": ("4", "5")}, drop_labels=("3",))


def config(folder: Path, path: str = "", **sections: Any) -> PipelineConfig:
    path = path or f"features://reviews?store={folder / 'groups'}"
    given = {"output_dir": str(folder / "output"), "data": {"path": path}, **sections}
    return PipelineConfig.model_validate(given)


def write_group(folder: Path) -> None:
    definition = CUSTOMERS.model_copy(update={"label_rules": STARS})
    FeatureStore(folder / "groups").declare("reviews", definition)


def test_labels_of_a_group_were_mapped_by_the_run_that_wrote_it(tmp_path: Path) -> None:
    write_group(tmp_path)
    assert label_rules(config(tmp_path)) == STARS
    own = {"enabled": True, "label_map": {"good": ("1",)}}
    found = label_rules(config(tmp_path, prepare=own))
    assert found is not None
    assert found.label_map == {"-1": ("1", "2"), "good": ("4", "5")}


def test_rules_are_those_of_the_run_where_there_is_no_group(tmp_path: Path) -> None:
    own = {"enabled": True, "label_map": {"good": ("5",)}}
    expected = LabelRules(label_map={"good": ("5",)}, drop_labels=())
    assert label_rules(config(tmp_path, prepare=own)) == expected
    assert label_rules(config(tmp_path, "rows.csv", prepare=own)) == expected
    assert label_rules(config(tmp_path, "rows.csv", prepare=own | {"enabled": False})) is None


def test_who_trains_and_who_writes_another_group_are_told(tmp_path: Path) -> None:
    write_group(tmp_path)
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("[CLS]\n[SEP]\n[UNK]\n", encoding="utf-8")
    encoder = EncoderModule(tmp_path, "", vocab, True, 512, 16)
    given = Told(config(tmp_path, features={"enabled": True}), encoder, "code", "a")
    settings = catalogue()["FeatureWriter"].parameters(given)["feature_settings"]
    assert json.loads(settings)["label_rules"] == STARS.model_dump(mode="json")
    assert "label_rules" in json.dumps(dict(catalogue()["Trainer"].parameters(given)))
