"""The component's work on real examples."""

import json
from pathlib import Path
from typing import Any

import pytest
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.experimental import simple_artifacts

from bert_aas.bias.figures import BiasReport
from bert_aas.bias.questions import Facet, Question
from bert_aas.contracts.errors import InvalidInputError, ViolationError
from components.bias_detector.component import BiasDetector, columns_parameter
from components.bias_detector.counting import count_examples
from components.bias_detector.executor import Executor
from components.bias_params import BiasParams
from tests.components.split_files import Row, write_split

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

TRAIN: list[Row] = [
    {"text": "She left", "label": "bad", "shop": "north", "age": 40.1, "stars": 1},
    {"text": "he left", "label": "good", "shop": "south", "age": 40.2, "stars": None},
    {"text": "her hat", "label": "bad", "shop": "north", "age": None, "stars": 3},
    {"text": "a hat", "label": "good", "shop": "north", "age": 20.0, "stars": 4},
]


def counts(folder: Path, facet: Facet, **question: Any) -> list[Any]:
    counted = count_examples([str(folder)], Question("label", [facet], **question))
    found: list[Any] = counted.contrasts[0].counts.tolist()
    return found


def test_columns_of_every_type_are_counted(tmp_path: Path) -> None:
    folder = write_split(tmp_path / "rows", TRAIN)
    assert counts(folder, Facet("shop", values=("north",))) == [[[0, 1]], [[2, 1]]]
    assert counts(folder, Facet("stars", above=1)) == [[[1, 0]], [[1, 1]]]
    words = Facet(name="women", patterns=("she", "her"))
    assert counts(folder, words, texts=["text"]) == [[[0, 2]], [[2, 0]]]


def test_a_float_is_the_number_that_was_written(tmp_path: Path) -> None:
    """40.1 is a little less as float32."""
    folder = write_split(tmp_path / "rows", TRAIN)
    assert counts(folder, Facet("age", below=40.1)) == [[[1, 1]], [[0, 1]]]
    assert counts(folder, Facet("age", values=("40.1",))) == [[[0, 2]], [[1, 0]]]


def test_a_column_may_begin_with_missing_values(tmp_path: Path) -> None:
    rows: list[Row] = [{**TRAIN[0], "stars": None}] * 300 + TRAIN
    found = count_examples(
        [str(write_split(tmp_path / "rows", rows, files=1))], Question("label", [Facet("stars")])
    )
    assert found.without_value == {"stars": 301}
    assert [one.value for one in found.contrasts] == ["1", "3", "4"]


def test_values_stay_with_their_rows_where_some_are_missing(tmp_path: Path) -> None:
    folder = write_split(tmp_path / "rows", TRAIN, files=1)
    assert counts(folder, Facet("stars", above=3)) == [[[2, 0]], [[0, 1]]]


def test_a_column_that_no_row_has(tmp_path: Path) -> None:
    folder = write_split(tmp_path / "rows", TRAIN)
    with pytest.raises(InvalidInputError, match="'town' has 0 different values"):
        counts(folder, Facet("town"))


@pytest.fixture
def examples(tmp_path: Path) -> standard_artifacts.Examples:
    made = standard_artifacts.Examples()
    made.uri = str(tmp_path / "examples")
    made.split_names = artifact_utils.encode_split_names(["train", "eval"])
    write_split(tmp_path / "examples" / "Split-train", TRAIN)
    write_split(tmp_path / "examples" / "Split-eval", [{**row, "label": "good"} for row in TRAIN])
    return made


def detect(
    examples: standard_artifacts.Examples, folder: Path, **fields: Any
) -> tuple[dict[str, Any], simple_artifacts.Metrics]:
    params = {"enabled": True, "facets": ["shop=north"], "positive": ["good"], **fields}
    made = simple_artifacts.Metrics()
    made.uri = str(folder)
    folder.mkdir()
    Executor().Do(
        {"examples": [examples]},
        {"analysis": [made]},
        {"bias_params": json.dumps(params), "columns": columns_parameter("label", ["text"])},
    )
    return json.loads((folder / "analysis.json").read_text()), made


def test_the_train_split_is_measured(examples: standard_artifacts.Examples, tmp_path: Path) -> None:
    found, made = detect(examples, tmp_path / "made", max={"DPL": 0.7})
    (north,) = found["pre_training_bias_metrics"]["facets"]["shop"]
    assert north["metrics"][1]["value"] == pytest.approx(1 - 1 / 3)
    verdict = made.get_string_custom_property("verdict")
    assert verdict == "every figure is within its limit (DPL 0.7)"


def test_other_splits_on_request(examples: standard_artifacts.Examples, tmp_path: Path) -> None:
    found, _ = detect(examples, tmp_path / "made", splits=["train", "eval"])
    assert found["bert_aas"]["rows"] == 8


def test_a_figure_beyond_its_limit_stops_the_run(
    examples: standard_artifacts.Examples, tmp_path: Path
) -> None:
    with pytest.raises(ViolationError) as stopped:
        detect(examples, tmp_path / "made", max={"DPL": 0.2})
    assert str(stopped.value) == (
        "the labels differ beyond `bias.max`: DPL of shop = north for the class good is 0.6667, "
        "and at most 0.2 is allowed; too few rows: one side has 1, 30 are needed"
    )


def test_what_the_component_is_told(examples: standard_artifacts.Examples) -> None:
    from tfx.types import channel_utils

    params = BiasParams(enabled=True, facets=("shop",))
    node = BiasDetector(channel_utils.as_channel([examples]), params, "label", ["text"])
    told = node.exec_properties
    assert BiasParams.model_validate_json(told["bias_params"]) == params
    assert json.loads(told["columns"]) == {"label": "label", "texts": ["text"]}
    assert node.outputs["analysis"].type_name == "Metrics"


def test_the_report_is_what_the_public_function_says(tmp_path: Path) -> None:
    from bert_aas.bias.measuring import measure, measure_bias

    folder = write_split(tmp_path / "rows", TRAIN)
    question = Question("label", [Facet("shop")], group="stars")
    found: BiasReport = measure(count_examples([str(folder)], question))
    table = {name: [row[name] for row in TRAIN] for name in TRAIN[0]}
    assert found == measure_bias(table, label="label", facets=["shop"], group="stars")
