import json
import platform
import time
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from bert_aas.preparation.label_rules import LabelRules
from bert_aas.preparation.model_labels import model_label_map
from models.params import TrainerParams, TrainParams
from models.training.precision import choose_precision
from models.training.run import checkpoint_dir, run_fn, with_hyperparameters
from tests.models.toy_training import (
    CLASS_WORDS,
    LABELS,
    Toy,
    build_toy,
    fn_args,
    shared_toy,
    toy_text,
    trainer_params,
    transform_graph,
)

TRAIN = TrainParams(epochs=1, batch_size=16, learning_rate=1e-2, dropout=0.0)
RULES = LabelRules(label_map={"five stars": ("5",)}, drop_labels=())
FOUND = {"space": [], "values": {"learning_rate": 5e-3, "epochs": 6, "tuner/epochs": 2}}


class Run:
    """A finished run of `run_fn`."""

    def __init__(self, folder: Path, graph: Path) -> None:
        toy = build_toy(folder / "toy", rows=160, eval_rows=40)
        params = trainer_params(toy, folder / "checkpoints", TRAIN)
        params = params.model_copy(update={"label_rules": RULES})
        self.folder = folder
        self.args = fn_args(toy, graph, folder, params)
        self.args.hyperparameters = FOUND
        self.started, clock = datetime.now(timezone.utc), time.monotonic()
        run_fn(self.args)
        self.seconds = time.monotonic() - clock
        self.history = json.loads((folder / "run" / "history.json").read_text())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("training")
    (folder / "toy").mkdir()
    return Run(folder, transform_graph(tmp_path_factory))


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return shared_toy(tmp_path_factory)


@pytest.mark.slow
def test_a_class_that_one_word_decides_is_learnt(run: Run) -> None:
    best = max(epoch["val_accuracy"] for epoch in run.history["epochs"])

    assert best > 0.9


@pytest.mark.slow
def test_the_exported_model_classifies_texts(run: Run) -> None:
    generator = np.random.default_rng(9)
    labels = [place % 2 for place in range(50)]
    texts = [toy_text(label, int(generator.integers(1, 20)), generator) for label in labels]
    model = tf.saved_model.load(run.args.serving_model_dir)

    answer = model.signatures["serving_default"](text=tf.constant(texts))

    predicted = [label.decode() for label in answer["label"].numpy()]
    expected = [LABELS[label] for label in labels]
    assert np.mean([ours == theirs for ours, theirs in zip(predicted, expected, strict=True)]) > 0.9


@pytest.mark.slow
def test_the_rules_for_labels_lie_beside_the_model(run: Run) -> None:
    assert model_label_map(Path(run.args.serving_model_dir))("5.0") == "five stars"


@pytest.mark.slow
def test_the_optimizers_moments_are_not_served(run: Run) -> None:
    stored = tf.train.list_variables(f"{run.args.serving_model_dir}/variables/variables")
    assert any("classifier/" in name for name, _shape in stored)
    assert [name for name, _shape in stored if "optimizer" in name] == []


@pytest.mark.slow
def test_the_history_has_epochs_and_hyperparameters(run: Run) -> None:
    figures = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "examples_per_s"}

    assert run.history["hyperparameters"]["learning_rate"] == 5e-3  # what the Tuner found
    assert run.history["hyperparameters"]["batch_size"] == 16
    assert run.history["precision"] == choose_precision("auto")
    assert 1 < len(run.history["epochs"]) <= 6
    assert all(set(epoch) == figures for epoch in run.history["epochs"])


@pytest.mark.slow
def test_the_history_says_when_how_long_and_where(run: Run) -> None:
    said = run.history["training"]
    at = datetime.fromisoformat(said["trained_at"])
    assert at.tzinfo == timezone.utc
    assert run.started.replace(microsecond=0) <= at <= datetime.now(timezone.utc)
    assert 0 < said["training_seconds"] <= run.seconds + 0.1  # rounded
    assert said["machine"].startswith(f"{platform.node()}, {platform.machine()}, ")


@pytest.mark.slow
def test_tensorboard_gets_its_files(run: Run) -> None:
    folders = {path.parent.name for path in (run.folder / "run").rglob("events.out.tfevents*")}

    assert folders == {"train", "validation"}


@pytest.mark.slow
def test_a_finished_training_leaves_no_checkpoints(run: Run) -> None:
    assert list((run.folder / "checkpoints").iterdir()) == []


def test_without_a_tuner_nothing_is_replaced() -> None:
    assert with_hyperparameters(TRAIN, None) is TRAIN
    assert with_hyperparameters(TRAIN, {}) is TRAIN


def test_what_the_tuner_found_replaces_what_was_configured() -> None:
    params = with_hyperparameters(TRAIN, FOUND)

    assert params == TRAIN.model_copy(update={"learning_rate": 5e-3, "epochs": 6})


def test_hyperparameters_out_of_range_are_refused() -> None:
    with pytest.raises(ValidationError, match="dropout"):
        with_hyperparameters(TRAIN, {"values": {"dropout": 1.5}})


def _directory(toy: Toy, train: TrainParams, **changes: object) -> str:
    params: TrainerParams = trainer_params(toy, Path("checkpoints"), train)
    fingerprints = {key: changes.pop(key) for key in tuple(changes) if "fingerprint" in key}
    params = params.model_copy(update=fingerprints)
    args: SimpleNamespace = fn_args(toy, Path("graph"), Path("output"), params)
    args.__dict__.update(changes)
    return checkpoint_dir(params, train, args)


def test_the_same_training_finds_its_checkpoints(toy: Toy) -> None:
    first = _directory(toy, TRAIN)

    assert first.startswith("checkpoints/")
    # Each execution has folders of its own, a killed training's successor, too.
    assert _directory(toy, TRAIN, model_run_dir="another", serving_model_dir="one") == first


@pytest.mark.parametrize(
    "changes",
    [
        {"code_fingerprint": "another"},
        {"encoder_fingerprint": "another"},
        {"teacher_fingerprint": "another"},
        {"train_files": ["another"]},
        {"eval_files": ["another"]},
        {"transform_graph_path": "another"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_training_has_checkpoints_of_its_own(toy: Toy, changes: dict[str, object]) -> None:
    assert _directory(toy, TRAIN, **changes) != _directory(toy, TRAIN)


def test_other_hyperparameters_have_checkpoints_of_their_own(toy: Toy) -> None:
    other = TRAIN.model_copy(update={"seed": 2})

    assert _directory(toy, other) != _directory(toy, TRAIN)


def test_the_toy_has_as_many_words_as_labels() -> None:
    assert len(CLASS_WORDS) == len(LABELS)
