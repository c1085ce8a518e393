import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.store import FeatureStore
from bert_aas.preparation.label_rules import LabelRules
from components.bias_params import BiasParams
from components.example_gen import fingerprint, kept_summary
from components.example_gen.params import DataParams
from components.preparer.params import PrepareParams
from pipeline.config import preflight
from pipeline.config.pipeline_config import PipelineConfig
from tests.bert_aas.features.records import CUSTOMERS, day, write
from tests.components.example_gen.tables import params_for, reviews, write_table


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PipelineConfig:
    monkeypatch.setattr(fingerprint, "SETTLED_S", 0.0)
    table = write_table(tmp_path, "csv", reviews(60))
    return PipelineConfig(name="toy", data=params_for(table), output_dir=str(tmp_path / "output"))


def refuse_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (kept_summary, preflight):
        monkeypatch.setattr(module, "inspect", lambda _: pytest.fail("parsed"))


def test_a_second_look_at_the_same_data_parses_nothing(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = preflight.check_data(config)
    refuse_parsing(monkeypatch)
    assert preflight.check_data(config) == first


def test_without_the_cache_the_data_are_parsed_and_nothing_is_written(
    config: PipelineConfig,
) -> None:
    assert preflight.check_data(config, use_cache=False).rows == 60
    assert not Path(config.output_dir).exists()


def test_nothing_is_kept_in_remote_output_folders(
    config: PipelineConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there = config.model_copy(update={"output_dir": "gs://bucket/output"})
    assert preflight.check_data(there).rows == 60
    assert [path.name for path in tmp_path.iterdir()] == ["reviews.csv"]


def test_labels_are_judged_only_where_cleanlab_is(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    judged = PrepareParams(enabled=True, label_errors="report")
    with pytest.raises(InvalidInputError, match="cleanlab is not installed"):
        preflight.check_data(config.model_copy(update={"prepare": judged}))
    off = judged.model_copy(update={"enabled": False})
    assert preflight.check_data(config.model_copy(update={"prepare": off})).rows == 60


def with_class(config: PipelineConfig, name: str, **sections: Any) -> PipelineConfig:
    """Ask for the recall of a class, and for its label in a behavioural test."""
    content = {
        "evaluate": {"conditions": [{"name": "it", "metric": "recall", "class": name, "bound": 1}]},
        **sections,
    }
    wanted = PipelineConfig.model_validate_json(json.dumps({"data": {"path": "a"}, **content}))
    return wanted.model_copy(update={"data": config.data, "output_dir": config.output_dir})


def test_conditions_name_classes_of_the_data(config: PipelineConfig) -> None:
    classes = preflight.check_data(config).labels.counts
    known = next(iter(classes))
    preflight.check_data(with_class(config, known))
    with pytest.raises(InvalidInputError, match=r"`evaluate\.conditions`: .* names the class 'x'"):
        preflight.check_data(with_class(config, "x"))
    mapped = {"prepare": {"enabled": True, "label_map": {"x": [known]}}}
    preflight.check_data(with_class(config, "x", **mapped))
    with pytest.raises(InvalidInputError, match=f"names the class '{known}'"):
        preflight.check_data(with_class(config, known, **mapped))


def test_behavioural_tests_name_classes_of_the_data(config: PipelineConfig) -> None:
    test = {"name": "it", "kind": "right", "rows": [{"text": "a", "label": "x"}]}
    with pytest.raises(InvalidInputError, match="`tests` has the label 'x', which the data do not"):
        preflight.check_data(with_class(config, "*", tests=[test]))


def test_a_facet_must_be_a_column(config: PipelineConfig) -> None:
    bias = BiasParams(enabled=True, facets=("category", "shop"))
    with pytest.raises(InvalidInputError, match="`bias` names 'shop', which is not a column of"):
        preflight.check_data(config.model_copy(update={"bias": bias}))
    preflight.check_data(
        config.model_copy(update={"bias": BiasParams(facets=("shop",))})  # it is off
    )


def test_rows_without_a_label_are_left_to_the_preparer(
    config: PipelineConfig, tmp_path: Path
) -> None:
    rows = [*reviews(60), {**reviews(1)[0], "label": None}]
    write_table(tmp_path, "csv", rows)
    with pytest.raises(InvalidInputError, match="no label"):
        preflight.check_data(config)
    on = {"prepare": PrepareParams(enabled=True)}
    assert preflight.check_data(config.model_copy(update=on)).rows == 61
    strict = config.data.model_copy(update={"unlabelled": "bad"})
    with pytest.raises(InvalidInputError, match="no label"):
        preflight.check_data(config.model_copy(update={**on, "data": strict}))
    kept = config.data.model_copy(update={"unlabelled": "keep"})
    with pytest.raises(InvalidInputError, match=r"set prepare\.enabled: true"):
        preflight.check_data(config.model_copy(update={"data": kept}))


def test_labels_of_a_group_are_not_mapped_twice(tmp_path: Path) -> None:
    stars: dict[str, tuple[str, ...]] = {"-1": ("1", "2"), "1": ("4", "5")}
    rules = LabelRules(label_map={"-1": ("1", "2"), "1": ("4", "5")}, drop_labels=("3",))
    columns = {"id": "int64", "since": "timestamp", "text": "string", "label": "string"}
    store = FeatureStore(tmp_path / "groups")
    rows = [
        {
            "id": number,
            "since": day(number),
            "text": f"text {number}",
            "label": ("-1", "1")[number % 2],
        }
        for number in range(40)
    ]
    definition = CUSTOMERS.model_copy(update={"columns": columns, "label_rules": rules})
    write(store, "reviews", rows, definition=definition)
    data = DataParams(
        path=f"features://reviews?store={store.root}", text_column="text", label_column="label"
    )
    output = str(tmp_path / "output")

    def check(label_map: dict[str, tuple[str, ...]]) -> None:
        prepare = PrepareParams(enabled=True, label_map=label_map)
        preflight.check_data(PipelineConfig(data=data, prepare=prepare, output_dir=output))

    with pytest.raises(InvalidInputError, match=r"gone through this `prepare.label_map` already"):
        check(stars)
    check({})
    check({"bad": ("-1",), "good": ("1",)})
