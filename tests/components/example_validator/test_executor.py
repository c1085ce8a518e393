"""Validation of real statistics against a real schema."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tfx.types import artifact_utils, channel, standard_artifacts

from bert_aas.contracts.errors import InvalidInputError
from components.example_validator.anomalies import read_anomalies
from components.example_validator.component import StoppingExampleValidator
from components.example_validator.executor import Executor
from tests.ram_storage import ram_uri, upload

pytestmark = pytest.mark.slow  # TFX and TFDV take many seconds to import

TRAIN = {"text": ["good shirt", "bad shoes", "fine"], "label": ["1", "0", "1"], "price": [1, 2, 3]}


@pytest.fixture(scope="module")
def statistics() -> dict[str, Any]:
    """Statistics of tables that differ from the training rows in one way each."""
    tables = {
        "same": TRAIN,
        "no label": {name: values for name, values in TRAIN.items() if name != "label"},
        "new column": {**TRAIN, "color": ["red", "red", "blue"]},
        "texts as prices": {**TRAIN, "price": ["cheap", "dear", "free"]},
    }
    return {
        name: tfdv.generate_statistics_from_dataframe(pd.DataFrame(table))
        for name, table in tables.items()
    }


def validate(folder: Path, splits: dict[str, Any], schema: Any, stop_on: list[str]) -> Path:
    inputs: dict[str, Any] = {
        "statistics": standard_artifacts.ExampleStatistics(),
        "schema": standard_artifacts.Schema(),
    }
    anomalies = standard_artifacts.ExampleAnomalies()
    for name, artifact in (*inputs.items(), ("anomalies", anomalies)):
        artifact.uri = str(folder / name)
        (folder / name).mkdir()
    names = artifact_utils.encode_split_names(list(splits))
    inputs["statistics"].split_names = names
    for split, statistics in splits.items():
        path = folder / "statistics" / f"Split-{split}" / "FeatureStats.pb"
        path.parent.mkdir()
        path.write_bytes(statistics.SerializeToString())
    tfdv.write_schema_text(schema, str(folder / "schema" / "schema.pbtxt"))
    Executor().Do(
        {name: [artifact] for name, artifact in inputs.items()},
        {"anomalies": [anomalies]},
        {"stop_on": json.dumps(stop_on), "exclude_splits": "null"},
    )
    return folder / "anomalies"


@pytest.fixture
def schema(statistics: dict[str, Any]) -> Any:
    return tfdv.infer_schema(statistics["same"])


def test_rows_that_fit_pass(tmp_path: Path, statistics: dict[str, Any], schema: Any) -> None:
    splits = {"train": statistics["same"], "test": statistics["same"]}
    written = validate(tmp_path, splits, schema, ["ALL"])
    assert sorted(path.name for path in written.iterdir()) == ["Split-test", "Split-train"]


@pytest.mark.parametrize("stop_on", ["SCHEMA_MISSING_COLUMN", "ALL"])
def test_a_named_anomaly_stops_the_run(
    tmp_path: Path, statistics: dict[str, Any], schema: Any, stop_on: str
) -> None:
    splits = {"train": statistics["same"], "eval": statistics["no label"]}
    with pytest.raises(InvalidInputError) as stopped:
        validate(tmp_path, splits, schema, [stop_on])
    sentence = str(stopped.value)
    assert (
        "stops the run for these anomalies: feature label of split eval: SCHEMA_MISSING_COLUMN, "
        in (sentence)
    )
    assert sentence.split("SCHEMA_MISSING_COLUMN, ")[1].strip()
    assert "\n" not in sentence


def test_a_wrong_type_is_named(tmp_path: Path, statistics: dict[str, Any], schema: Any) -> None:
    splits = {"train": statistics["texts as prices"]}
    with pytest.raises(InvalidInputError, match="feature price of split train: UNEXPECTED_DATA"):
        validate(tmp_path, splits, schema, ["UNEXPECTED_DATA_TYPE"])


def test_other_anomalies_are_tolerated_but_written(
    tmp_path: Path, statistics: dict[str, Any], schema: Any
) -> None:
    splits = {"eval": statistics["new column"]}
    written = validate(tmp_path, splits, schema, ["SCHEMA_MISSING_COLUMN"])
    assert (written / "Split-eval" / "SchemaDiff.pb").stat().st_size > 0


def test_the_component_hands_the_names_on() -> None:
    component = StoppingExampleValidator(
        statistics=channel.Channel(type=standard_artifacts.ExampleStatistics),
        schema=channel.Channel(type=standard_artifacts.Schema),
        stop_on=("SCHEMA_NEW_COLUMN", "ALL"),
    )
    assert json.loads(component.exec_properties["stop_on"]) == ["SCHEMA_NEW_COLUMN", "ALL"]
    assert component.outputs["anomalies"].type is standard_artifacts.ExampleAnomalies


def test_stored_statistics_are_judged(
    tmp_path: Path, statistics: dict[str, Any], schema: Any
) -> None:
    validate(tmp_path, {"eval": statistics["no label"]}, schema, [])
    storage = upload(tmp_path, ram_uri(tmp_path))

    (found,) = read_anomalies(f"{storage}/anomalies", ["eval"])

    assert (found.feature, found.type) == ("label", "SCHEMA_MISSING_COLUMN")
