"""The Evaluator over real SavedModels, in a process that never saw the code they came from."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_aas.conditions.telling import COMPARED, REASON
from components.evaluator.params import EvaluateParams

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

ROWS = 20
RIGHT = {"baseline": 18, "better": 19, "a bit worse": 17, "worse": 14}
DIVERGED = "diverged"
REORDERED = "reordered"
SMALLER = "smaller"
MAX_DROP = 0.06


RULES = {
    "conditions": [
        {"name": "both classes", "metric": "recall", "class": "*", "bound": 0.9},
        {"name": "nearly as good", "metric": "auc", "bound": "baseline", "allowed": 0.5},
        {"name": "quick", "metric": "latency_ms", "operator": "<=", "bound": 60_000},
        {"name": "small", "metric": "model_size_mb", "operator": "<=", "bound": 1},
        {"name": "fair", "metric": "bias.before.DPL", "operator": "<=", "bound": 0.1},
        {"name": "fair later", "metric": "bias.after.DPPL", "operator": "<=", "bound": 0.1},
    ],
    "tests": [
        {"name": "praise", "kind": "right", "rows": [{"text": "good", "label": "yes"}]},
        {
            "name": "shoes",
            "kind": "same",
            "rows": [{"text": "good {thing}"}],
            "words": {"thing": ["dress", "badge"]},
            "min_share": 0,
        },
    ],
}
LENIENT = {
    "conditions": [
        {"name": "either", "operator": "or", "of": ["threshold", "some"]},
        {"name": "some", "metric": "accuracy", "bound": 0.5},
    ]
}

FAIR_LATER = {
    "conditions": [
        {"name": "fair later", "metric": "bias.after.DPPL", "operator": "<=", "bound": 0.1}
    ]
}


@dataclass(frozen=True)
class Verdict:
    """What the executor left in the blessing artifact and its folder."""

    blessed: int
    reason: str
    files: list[str]
    compared: str = ""


@dataclass(frozen=True)
class Options:
    """What differs between evaluations."""

    max_drop: float = MAX_DROP
    threshold: float = 0.6
    rules: Any = None


@dataclass(frozen=True)
class Evaluated:
    """The verdict on each model, and the modules that the process had imported by then."""

    verdicts: dict[str, Verdict]
    modules: set[str]
    folder: Path


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluated]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool.submit(_evaluate_all, tmp_path_factory.mktemp("evaluator")).result()


def test_the_process_imports_no_training_code(evaluated: Evaluated) -> None:
    assert "components.evaluator.executor" in evaluated.modules
    assert not {"models.training.run", "models.training.classifier"} & evaluated.modules


def test_the_first_model_is_blessed(evaluated: Evaluated) -> None:
    assert evaluated.verdicts["first"] == Verdict(
        1,
        "blessed: accuracy 0.9000 reaches the threshold 0.6, and there is no earlier blessed model "
        "to compare with",
        ["BLESSED"],
    )


def test_a_better_model_is_blessed(evaluated: Evaluated) -> None:
    assert evaluated.verdicts["better"].reason == (
        "blessed: accuracy 0.9500 reaches the threshold 0.6, and it is not worse than the latest "
        "blessed model's 0.9000 by more than 0.06"
    )


def test_a_model_within_the_allowed_drop_is_blessed(evaluated: Evaluated) -> None:
    assert evaluated.verdicts["a bit worse"] == Verdict(
        1,
        "blessed: accuracy 0.8500 reaches the threshold 0.6, and it is not worse than the latest "
        "blessed model's 0.9000 by more than 0.06",
        ["BLESSED"],
    )


def test_a_model_beyond_the_allowed_drop_is_not_blessed(evaluated: Evaluated) -> None:
    assert evaluated.verdicts["worse"] == Verdict(
        0,
        "not blessed: accuracy 0.7000 reaches the threshold 0.6, and it is worse than the latest "
        "blessed model's 0.9000 by more than 0.06",
        ["NOT_BLESSED"],
    )


def test_a_model_that_diverged_is_not_blessed(evaluated: Evaluated) -> None:
    assert evaluated.verdicts[DIVERGED] == Verdict(
        0,
        "not blessed: accuracy could not be computed: the test split has no rows for it, or the "
        "model answers with probabilities that are not numbers",
        ["NOT_BLESSED"],
    )


def test_a_baseline_with_another_order_of_classes_is_compared_by_its_own(
    evaluated: Evaluated,
) -> None:
    assert evaluated.verdicts[REORDERED].reason == evaluated.verdicts["better"].reason


def test_rows_that_an_older_model_does_not_know_are_its_misses(evaluated: Evaluated) -> None:
    assert evaluated.verdicts[SMALLER].reason == (
        "blessed: accuracy 0.9500 reaches the threshold 0.6, and it is not worse than the latest "
        "blessed model's 0.4500 by more than 0.06"
    )


def test_rows_that_the_model_does_not_know_are_its_misses(evaluated: Evaluated) -> None:
    assert evaluated.verdicts["first smaller"] == Verdict(
        0,
        "not blessed: accuracy 0.4500 is below the threshold 0.6, and there is no earlier blessed "
        "model to compare with, and 10 rows with labels that the model does not know count as "
        "errors",
        ["NOT_BLESSED"],
    )


def test_a_drop_that_only_floats_see_is_none(evaluated: Evaluated) -> None:
    # 0.85 - 0.90 is -0.05000000000000004 in floats.
    assert evaluated.verdicts["exact drop"] == Verdict(
        1,
        "blessed: accuracy 0.8500 reaches the threshold 0.6, and it is not worse than the latest "
        "blessed model's 0.9000 by more than 0.05",
        ["BLESSED"],
    )


def test_a_condition_can_refuse_a_model_that_reaches_the_threshold(evaluated: Evaluated) -> None:
    verdict = evaluated.verdicts["rules"]
    assert (verdict.blessed, verdict.files) == (0, ["NOT_BLESSED"])
    assert verdict.reason == (
        "not blessed: accuracy 0.8500 reaches the threshold 0.6, and it is not worse than the "
        "latest blessed model's 0.9000 by more than 0.06, and 6 of 8 other conditions hold, not "
        "'both classes' (recall of the class 'yes' 0.8000, the nearest to its bound of 2, is below "
        "0.9: failed), and a later node decides 'fair later'"
    )


def test_a_condition_can_bless_a_model_below_the_threshold(evaluated: Evaluated) -> None:
    verdict = evaluated.verdicts["lenient"]
    assert (verdict.blessed, verdict.files) == (1, ["BLESSED"])
    assert verdict.reason.startswith("blessed: accuracy 0.7000 is below the threshold 0.8, and ")


def test_where_a_later_node_decides_it_blesses_and_not_this_one(evaluated: Evaluated) -> None:
    compared = (
        "accuracy 0.8500 reaches the threshold 0.6, and it is not worse than the latest blessed "
        "model's 0.9000 by more than 0.06"
    )
    assert evaluated.verdicts["undecided"] == Verdict(
        0,
        f"undecided: {compared}, and 0 of 1 other conditions hold, and a later node decides "
        "'fair later'",
        ["NOT_BLESSED"],
        compared,
    )
    assert evaluated.verdicts["limits later"] == Verdict(
        0,
        f"undecided: {compared}, and a later node holds it against `bias.max`",
        ["NOT_BLESSED"],
        compared,
    )


def test_the_figures_are_written_in_both_shapes(evaluated: Evaluated) -> None:
    found = json.loads((evaluated.folder / "rules/evaluation/evaluation.json").read_text())
    accuracy = found["metrics"]["accuracy"]
    assert (accuracy["value"], accuracy["baseline"]) == (0.85, 0.9)
    assert found["classes"]["yes"]["recall"]["value"] == 0.8
    quality = found["multiclass_classification_metrics"]
    assert quality["accuracy"]["value"] == 0.85
    assert quality["confusion_matrix"] == {"no": {"no": 9, "yes": 1}, "yes": {"no": 2, "yes": 8}}
    size = found["model"]["model_size_mb"]
    assert size["value"] == pytest.approx(size["baseline"], rel=0.1)
    files = [
        path for path in (evaluated.folder / "models/a bit worse").rglob("*") if path.is_file()
    ]
    assert size["value"] == pytest.approx(sum(path.stat().st_size for path in files) / 1e6)
    assert found["model"]["latency_ms"]["value"] > 0
    assert found["verdict"]["failed"] == ["both classes"]


def test_every_condition_is_written_with_its_outcome(evaluated: Evaluated) -> None:
    found = json.loads((evaluated.folder / "rules/evaluation/conditions.json").read_text())
    assert {one["name"]: one["outcome"] for one in found["conditions"]} == {
        "threshold": "passed",
        "max_drop": "passed",
        "both classes": "failed",
        "nearly as good": "passed",
        "quick": "passed",
        "small": "passed",
        "fair": "passed",
        "fair later": "deferred",
        "test praise": "passed",
        "test shoes": "passed",
    }
    (fair,) = (one for one in found["conditions"] if one["name"] == "fair")
    assert (fair["what"], fair["measured"]) == ("bias.before.DPL", 0.05)


def test_behavioural_tests_are_put_to_the_saved_model(evaluated: Evaluated) -> None:
    found = json.loads((evaluated.folder / "rules/evaluation/behaviour.json").read_text())
    praise, shoes = found["tests"]
    assert praise["share"] == 1
    assert (shoes["share"], shoes["failures"][0]["changed"]) == (0, "good badge")


def _evaluate_all(folder: Path) -> Evaluated:
    """Evaluate every model; runs in a process of its own."""
    examples = _examples(folder / "examples")
    models = {name: _model(folder / "models", name) for name in (*RIGHT, DIVERGED)}
    verdicts = {"first": _evaluate(folder / "first", examples, models["baseline"], None)}
    for name in (*RIGHT, DIVERGED):
        if name != "baseline":
            out = folder / name
            verdicts[name] = _evaluate(out, examples, models[name], models["baseline"])
    for name in (REORDERED, SMALLER):
        baseline = _model(folder / "models", "baseline", name)
        verdicts[name] = _evaluate(folder / name, examples, models["better"], baseline)
    smaller = _model(folder / "models", "baseline", SMALLER)
    verdicts["first smaller"] = _evaluate(folder / "first smaller", examples, smaller, None)
    options = {
        "exact drop": ("a bit worse", Options(0.05)),
        "rules": ("a bit worse", Options(rules=RULES)),
        "lenient": ("worse", Options(1, 0.8, LENIENT)),
        "undecided": ("a bit worse", Options(rules=FAIR_LATER)),
        "limits later": ("a bit worse", Options(rules={"limits_later": True})),
    }
    for name, (model, chosen) in options.items():
        out = folder / name
        verdicts[name] = _evaluate(out, examples, models[model], models["baseline"], chosen)
    return Evaluated(verdicts, set(sys.modules), folder)


def _evaluate(
    out: Path, examples: Any, model: Any, baseline: Any, options: Options | None = None
) -> Verdict:
    from tfx.types import standard_artifacts
    from tfx.utils import proto_utils

    from components.evaluator.executor import Executor
    from pipeline.graph.told.evaluation import eval_config

    options = options or Options()
    params: dict[str, Any] = {"max_drop": options.max_drop, "threshold": options.threshold}
    config = eval_config(EvaluateParams(**params, confidence_intervals=False))
    evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
    for name, artifact in (("evaluation", evaluation), ("blessing", blessing)):
        artifact.uri = str(out / name)
        (out / name).mkdir(parents=True)
    inputs = {"examples": [examples], "model": [model]}
    Executor().Do(
        {
            **inputs,
            **({"baseline_model": [baseline]} if baseline else {}),
            **({"bias_analysis": [_analysis(out)]} if options.rules is RULES else {}),
        },
        {"evaluation": [evaluation], "blessing": [blessing]},
        {
            "eval_config": proto_utils.proto_to_json(config),
            "example_splits": json.dumps(["test"]),
            "fairness_indicator_thresholds": "null",
            **({"conditions": json.dumps(options.rules)} if options.rules else {}),
        },
    )
    files = sorted(path.name for path in Path(blessing.uri).iterdir())
    blessed = blessing.get_int_custom_property("blessed")
    reason, compared = map(blessing.get_string_custom_property, (REASON, COMPARED))
    return Verdict(blessed, reason, files, compared)


def _analysis(folder: Path) -> Any:
    """Write what BiasDetector would have found."""
    from tfx.types.experimental import simple_artifacts

    analysis = simple_artifacts.Metrics()
    analysis.uri = str(folder)
    comparison = {
        "facet": "shop",
        "value_or_threshold": "north",
        "positive": ["yes"],
        "metrics": [{"name": "DPL", "value": -0.05}],
    }
    content = {"bert_aas": {"comparisons": [comparison]}}
    (folder / "analysis.json").write_text(json.dumps(content))
    return analysis


def _examples(folder: Path) -> Any:
    """Write rows that carry, for each model, the probabilities it is to answer with."""
    import tensorflow as tf
    from tfx.types import standard_artifacts

    path = folder / "Split-test" / "data_tfrecord-00000-of-00001.gz"
    path.parent.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for row in range(ROWS):
            example = tf.train.Example()
            label = row % 2
            example.features.feature["label"].int64_list.value.append(label)
            for name, right in RIGHT.items():
                answer = label if row < right else 1 - label
                values = [0.75 if index == answer else 0.25 for index in range(2)]
                example.features.feature[name].float_list.value.extend(values)
            example.features.feature[DIVERGED].float_list.value.extend([np.nan, np.nan])
            writer.write(example.SerializeToString())
    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    examples.split_names = '["test"]'
    return examples


def _model(folder: Path, name: str, kind: str = "") -> Any:
    """Export a model that answers with the floats of a feature; by kind, classes differ."""
    import tensorflow as tf
    from tfx.types import standard_artifacts

    specs = {"examples": tf.TensorSpec([None], tf.string, name="examples")}

    def evaluate(examples: Any) -> dict[str, Any]:
        spec = {name: tf.io.FixedLenFeature([2], tf.float32)}
        answers = tf.io.parse_example(examples, spec)[name]
        return {"probabilities": answers[:, ::-1] if kind == REORDERED else answers}

    def evaluation_labels(examples: Any) -> dict[str, Any]:
        spec = {"label": tf.io.FixedLenFeature([], tf.int64)}
        label = tf.io.parse_example(examples, spec)["label"]
        own = {REORDERED: 1 - label, SMALLER: tf.where(label == 0, label, -1)}
        return {"label_id": own.get(kind, label)}

    signatures = {
        function.__name__: tf.function(function, input_signature=list(specs.values()))
        for function in (evaluate, evaluation_labels)
    }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
    def classify(inputs: Any) -> dict[str, Any]:
        return {"scores": evaluate(inputs)["probabilities"]}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def serving_default(text: Any) -> dict[str, Any]:
        is_good = tf.strings.regex_full_match(text, "good( dress)?")
        return {"label": tf.where(is_good, "yes", "no")}

    signatures |= {"classify": classify, "serving_default": serving_default}
    model, module = standard_artifacts.Model(), tf.Module()
    model.uri = str(folder / f"{name}{kind}")
    vocabulary = folder / f"{name}{kind} vocabulary" / "label"
    vocabulary.parent.mkdir(parents=True, exist_ok=True)
    vocabulary.write_text("no\nyes\n")
    module.vocabulary = tf.saved_model.Asset(str(vocabulary))
    tf.saved_model.save(module, f"{model.uri}/Format-Serving", signatures=signatures)
    return model
