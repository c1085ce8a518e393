"""The component's work with a real model on real examples."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.experimental import simple_artifacts

from bert_aas.bias.figures import BiasReport
from bert_aas.bias.predicted.swapping import SwapCounter
from bert_aas.contracts.errors import ViolationError
from components.bias_params import BiasParams
from components.model_bias_detector.component import ModelBiasDetector, columns_parameter
from components.model_bias_detector.executor import Executor, judged
from components.tfrecords import write_tfrecord_file
from tests.components.model_bias_detector.test_deciding import evaluated

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

LABELS = ("one star", "five stars")
WORDS = ("bad shirt", "good movie", "hate it", "very good a b c", "the shoes fits")
ROWS = [
    {
        "review": f"{WORDS[number % 5]} {'the' if number % 3 else 'a'}",
        "stars": LABELS[number % 2],
        "shop": "north" if number % 4 == 0 else "south",
    }
    for number in range(60)
]


def serialized(row: dict[str, str]) -> bytes:
    made = tf.train.Example()
    for name, value in row.items():
        made.features.feature[name].bytes_list.value.append(value.encode())
    return bytes(made.SerializeToString())


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> standard_artifacts.Examples:
    folder = tmp_path_factory.mktemp("examples")
    made = standard_artifacts.Examples()
    made.uri = str(folder)
    made.split_names = artifact_utils.encode_split_names(["train", "test"])
    for split, rows in {"train": ROWS[:3], "test": ROWS}.items():
        (folder / f"Split-{split}").mkdir()
        for part in range(2):
            path = folder / f"Split-{split}" / f"rows-{part}.gz"
            write_tfrecord_file(str(path), map(serialized, rows[part::2]))
    return made


@pytest.fixture
def model(exported: Path) -> standard_artifacts.Model:
    made = standard_artifacts.Model()
    made.uri = str(exported)
    return made


@pytest.fixture(scope="module")
def predicted(exported: Path) -> list[str]:
    """What the signature for clients says, row by row."""
    answer = tf.saved_model.load(str(exported / "Format-Serving")).signatures["serving_default"]
    return [answer(text=tf.constant([row["review"]]))["label"].numpy()[0].decode() for row in ROWS]


def detect(
    inputs: dict[str, list[Any]],
    folder: Path,
    blessing: standard_artifacts.ModelBlessing | None = None,
    **fields: Any,
) -> tuple[dict[str, Any], simple_artifacts.Metrics]:
    params = {"enabled": True, "facets": ["shop=north"], "positive": ["five stars"], **fields}
    made = simple_artifacts.Metrics()
    made.uri = str(folder)
    folder.mkdir()
    Executor().Do(
        inputs,
        {"analysis": [made], **({"blessing": [blessing]} if blessing else {})},
        {"bias_params": json.dumps(params), "columns": columns_parameter("stars", ["review"])},
    )
    return json.loads((folder / "analysis.json").read_text()), made


def figures(content: dict[str, Any]) -> dict[str, Any]:
    (facet,) = content["post_training_bias_metrics"]["facets"]["shop"]
    return {metric["name"]: metric["value"] for metric in facet["metrics"]}


def test_the_test_split_is_measured(
    examples: standard_artifacts.Examples,
    model: standard_artifacts.Model,
    predicted: list[str],
    tmp_path: Path,
) -> None:
    found, _ = detect({"examples": [examples], "model": [model]}, tmp_path / "made")
    own = found["bert_aas"]["after"]
    assert (own["rows"], own["rows_of_flip_test"]) == (60, 60)
    north, south = (
        [
            (row["stars"] == LABELS[1], said == LABELS[1])
            for row, said in zip(ROWS, predicted, strict=True)
            if (row["shop"] == "north") is side
        ]
        for side in (True, False)
    )

    def share(rows: list[tuple[bool, bool]]) -> float:
        return sum(said for _, said in rows) / len(rows)

    assert 0 < share(south) < 1  # the model says both, so what is mixed up would show
    assert figures(found)["DPPL"] == pytest.approx(share(south) - share(north))
    right = [sum(label == said for label, said in side) / len(side) for side in (south, north)]
    assert figures(found)["AD"] == pytest.approx(right[0] - right[1])
    assert figures(found)["FT"] is not None
    assert "baseline" not in found["bert_aas"]
    assert "swaps" not in found["bert_aas"]


def test_the_baseline_and_the_labels_beside_it(
    examples: standard_artifacts.Examples, model: standard_artifacts.Model, tmp_path: Path
) -> None:
    labels = simple_artifacts.Metrics()
    labels.uri = str(tmp_path / "labels")
    (tmp_path / "labels").mkdir()
    before = {"version": "1.0", "pre_training_bias_metrics": {}, "bert_aas": {"rows": 7}}
    (tmp_path / "labels" / "analysis.json").write_text(json.dumps(before))
    inputs = {
        "examples": [examples],
        "model": [model],
        "baseline_model": [model],
        "label_analysis": [labels],
    }
    found, _ = detect(inputs, tmp_path / "made")
    assert found["pre_training_bias_metrics"] == {}
    own = found["bert_aas"]
    assert own["rows"] == 7
    assert own["baseline"]["comparisons"] == own["after"]["comparisons"]  # it is the same model


def test_swapped_words(
    examples: standard_artifacts.Examples, model: standard_artifacts.Model, tmp_path: Path
) -> None:
    found, _ = detect(
        {"examples": [examples], "model": [model]},
        tmp_path / "made",
        swaps=[["good", "bad"], ["Anna", "Peter"]],
    )
    swaps = found["bert_aas"]["swaps"]
    assert swaps["rows"] == 60
    assert swaps["overall"]["rows"] == sum(
        "good" in r["review"] or "bad" in r["review"] for r in ROWS
    )
    assert [pair["rows"] for pair in swaps["pairs"]] == [swaps["overall"]["rows"], 0]
    example = swaps["examples"][0]
    assert example["swapped"][0] != example["texts"][0]
    assert example["change"] != 0


def test_a_figure_beyond_its_limit(
    examples: standard_artifacts.Examples, model: standard_artifacts.Model, tmp_path: Path
) -> None:
    inputs = {"examples": [examples], "model": [model]}
    with pytest.raises(ViolationError) as stopped:
        detect(inputs, tmp_path / "made", max={"GE": 0.0001})
    assert str(stopped.value).startswith(
        "the predictions differ beyond `bias.max`: GE of shop = north for the class five stars is "
    )
    kept = json.loads((tmp_path / "stopped.json").read_text())
    assert kept["bert_aas"]["after"]["violations"]


@pytest.mark.parametrize(("bound", "blessed"), [(1, True), (0, False)])
def test_a_condition_that_the_evaluator_left_open(
    examples: standard_artifacts.Examples,
    model: standard_artifacts.Model,
    tmp_path: Path,
    bound: float,
    blessed: bool,
) -> None:
    """The model says both labels whatever the right one is, so GE is above 0."""
    first, last = standard_artifacts.ModelBlessing(), standard_artifacts.ModelBlessing()
    for name, made in (("first", first), ("last", last)):
        made.uri = str(tmp_path / name)
        (tmp_path / name).mkdir()
    first.set_int_custom_property("current_model_id", 7)
    first.set_string_custom_property("compared", "accuracy is fine")
    evaluation = standard_artifacts.ModelEvaluation()
    evaluation.uri = str(tmp_path / "first")
    condition = {"name": "even", "metric": "bias.after.GE", "operator": "<=", "bound": bound}
    evaluated(tmp_path / "first", condition)
    inputs = {
        "examples": [examples],
        "model": [model],
        "evaluation": [evaluation],
        "first_blessing": [first],
    }
    found, _ = detect(inputs, tmp_path / "made", last)
    (one,) = json.loads((tmp_path / "made" / "conditions.json").read_text())["conditions"]
    assert found["bert_aas"]["conditions"] == [one]
    assert one["outcome"] == ("passed" if blessed else "failed")
    assert one["measured"] > 0
    assert last.get_int_custom_property("current_model_id") == 7
    assert last.get_int_custom_property("blessed") == blessed
    files = [path.name for path in (tmp_path / "last").iterdir()]
    assert files == ["BLESSED" if blessed else "NOT_BLESSED"]
    word = "blessed" if blessed else "not blessed"
    count = f"{int(blessed)} of 1 other conditions hold"
    assert last.get_string_custom_property("reason").startswith(
        f"{word}: accuracy is fine, and {count}"
    )


def test_the_verdict_of_swaps_and_figures() -> None:
    counter = SwapCounter([("he", "she")], ["no", "yes"])
    (new,) = counter.swap([("he",)])
    assert new is not None
    import numpy as np

    counter.add(("he",), new, np.array([1, 0], "f4"), np.array([0, 1], "f4"))
    report = BiasReport("label", None, ("no", "yes"), 1, 0, {}, (), 0)
    assert judged(report, counter.report(), {"flips": 1, "RD": 0.1}) == (
        "every figure is within its limit (flips 1, RD 0.1)",
        False,
    )
    sentence, is_beyond = judged(report, counter.report(), {"flips": 0.5})
    assert is_beyond
    assert sentence.startswith("flips is 1.0000: the label of 1 of 1 rows changes")
    assert judged(report, None, {}) == ("", False)


def test_a_model_within_its_limits_is_blessed_here_if_they_have_the_last_word(
    examples: standard_artifacts.Examples, model: standard_artifacts.Model, tmp_path: Path
) -> None:
    last = standard_artifacts.ModelBlessing()
    last.uri = str(tmp_path / "last")
    (tmp_path / "last").mkdir()
    first, evaluation = standard_artifacts.ModelBlessing(), standard_artifacts.ModelEvaluation()
    first.set_string_custom_property("compared", "accuracy is fine")
    evaluation.uri = str(tmp_path / "first")
    (tmp_path / "first").mkdir()
    evaluated(tmp_path / "first", {"name": "good", "metric": "accuracy", "bound": 0.1})
    inputs = {
        "examples": [examples],
        "model": [model],
        "evaluation": [evaluation],
        "first_blessing": [first],
    }
    found, _ = detect(inputs, tmp_path / "made", last, max={"GE": 100})
    assert last.get_int_custom_property("blessed") == 1
    assert last.get_string_custom_property("reason") == (
        "blessed: accuracy is fine, and 1 of 1 other conditions hold"
    )
    assert "conditions" not in found["bert_aas"]  # none was left open


def test_what_the_component_is_told(
    examples: standard_artifacts.Examples, model: standard_artifacts.Model
) -> None:
    from tfx.types import channel_utils

    params = BiasParams(enabled=True, facets=("shop",), max={"DPL": 0.2, "RD": 0.1})
    channels = {
        "examples": channel_utils.as_channel([examples]),
        "model": channel_utils.as_channel([model]),
    }
    node = ModelBiasDetector(channels, params, "label", ["text"])
    told = BiasParams.model_validate_json(node.exec_properties["bias_params"])
    assert (told.facets, told.max) == (("shop",), {"RD": 0.1})
    assert {key: made.type_name for key, made in node.outputs.items()} == {"analysis": "Metrics"}


def test_it_blesses_where_the_evaluator_leaves_conditions_to_it(
    examples: standard_artifacts.Examples, model: standard_artifacts.Model
) -> None:
    from tfx.types import channel_utils

    given = {
        "examples": examples,
        "model": model,
        "evaluation": standard_artifacts.ModelEvaluation(),
        "first_blessing": standard_artifacts.ModelBlessing(),
    }
    channels = {key: channel_utils.as_channel([made]) for key, made in given.items()}
    params = BiasParams(enabled=True, facets=("shop",))
    node = ModelBiasDetector(channels, params, "label", ["text"])
    assert node.outputs["blessing"].type_name == "ModelBlessing"
