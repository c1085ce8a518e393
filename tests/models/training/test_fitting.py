import json
import logging
import signal
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import models.training.progress.checkpointing
from bert_aas.contracts.errors import InvalidInputError
from models.keras_compat import keras
from models.params import TrainParams
from models.training.batching import batches_by_length
from models.training.fitting import fit, load_data
from models.training.progress.checkpointing import TrainingState
from models.training.progress.progress import ProgressReport
from models.training.progress.progress_lines import PROGRESS_LOGGER
from tests.models.toy_training import (
    Row,
    Toy,
    assert_same_weights,
    build_toy,
    run_python,
    toy_rows,
    write_rows,
)

# 40 rows in batches of 6: 7 steps an epoch.
TRAIN = TrainParams(
    epochs=2,
    batch_size=6,
    learning_rate=1e-3,
    dropout=0.2,
    checkpoint_every_steps=2,
    early_stopping_metric="loss",
    precision="float32",  # in the other formats, another order of sums may change a rounding
)
STEPS = 7
# Nearly exact: sums of floats may come in another order in another process.
TOLERANCE = 1e-6

KILLED = """
import os, signal, sys
from pathlib import Path
from models.training.fitting import fit
from models.params import TrainParams
from models.training.progress.progress import ProgressReport
from tests.models.toy_training import Toy

class Killer(ProgressReport):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if (self._epoch, self._step) == (1, 5):
            os.kill(os.getpid(), signal.SIGKILL)

import models.training.fitting
models.training.fitting.ProgressReport = Killer
folder, checkpoints, train = sys.argv[1:]
toy = Toy(Path(folder))
fit(toy.request(TrainParams.model_validate_json(train), checkpoints), toy.data(), 2)
"""


class Trained(NamedTuple):
    model: Any
    state: TrainingState


class InterruptionError(Exception):
    """Ends a training in the tests."""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return build_toy(tmp_path_factory.mktemp("toy"), dropout=True)


@pytest.fixture(scope="module")
def uninterrupted(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    checkpoints = tmp_path_factory.mktemp("uninterrupted") / "checkpoints"
    return Trained(*fit(toy.request(TRAIN, checkpoints), toy.data(), 2))


def _interrupt(toy: Toy, checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start a training that fails in the evaluation of its second epoch."""

    def interrupt(report: ProgressReport, logs: Any = None) -> None:
        if report._epoch == 1:
            raise InterruptionError

    with monkeypatch.context() as patches:
        patches.setattr(ProgressReport, "on_test_begin", interrupt)
        with pytest.raises(InterruptionError):
            fit(toy.request(TRAIN, checkpoints), toy.data(), 2)


def _losses(state: TrainingState) -> list[float]:
    return [figures["val_loss"] for figures in state.history]


def test_the_toy_has_the_steps_that_the_tests_count_on(toy: Toy) -> None:
    assert toy.data().train_summary.num_batches(TRAIN.batch_size) == STEPS


@pytest.mark.slow
def test_history_has_the_figures_of_each_epoch(uninterrupted: Trained) -> None:
    history = uninterrupted.state.history

    names = {"loss", "accuracy", "val_loss", "val_accuracy", "epoch", "examples_per_s"}
    assert [set(figures) for figures in history] == [names, names]
    assert [figures["epoch"] for figures in history] == [1, 2]
    assert all(figures["examples_per_s"] > 0 for figures in history)
    json.dumps(history, allow_nan=False)


@pytest.mark.slow
def test_all_steps_were_taken(uninterrupted: Trained) -> None:
    assert int(uninterrupted.model.optimizer.iterations) == 2 * STEPS


@pytest.mark.slow
def test_the_model_has_the_weights_of_its_best_epoch(toy: Toy, uninterrupted: Trained) -> None:
    evaluated = uninterrupted.model.evaluate(
        batches_by_length(toy.data().evaluation, 8), verbose=0, return_dict=True
    )

    best = min(_losses(uninterrupted.state))
    assert evaluated["loss"] == pytest.approx(best, abs=1e-5)


@pytest.mark.slow
def test_an_interrupted_training_ends_as_if_nothing_had_been(
    toy: Toy,
    uninterrupted: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _interrupt(toy, tmp_path, monkeypatch)

    with caplog.at_level(logging.INFO, PROGRESS_LOGGER):
        resumed = Trained(*fit(toy.request(TRAIN, tmp_path), toy.data(), 2))

    assert "resuming at epoch 2, step 6 of an interrupted training" in caplog.messages
    _assert_same_training(resumed, uninterrupted)


@pytest.mark.slow
def test_a_killed_training_ends_as_if_nothing_had_been(
    toy: Toy, uninterrupted: Trained, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    killed = run_python(KILLED, str(toy.folder), str(tmp_path), TRAIN.model_dump_json())
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    with caplog.at_level(logging.INFO, PROGRESS_LOGGER):
        resumed = Trained(*fit(toy.request(TRAIN, tmp_path), toy.data(), 2))

    assert "resuming at epoch 2, step 4 of an interrupted training" in caplog.messages
    _assert_same_training(resumed, uninterrupted)


@pytest.mark.slow
def test_a_training_that_is_stopped_again_and_again_ends_as_if_nothing_had_been(
    toy: Toy, uninterrupted: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for epoch, step in ((0, 3), (0, 6), (1, 3), (1, 5), (1, 7)):

        def stop(
            report: ProgressReport, batch: int, logs: Any = None, at: Any = (epoch, step)
        ) -> None:
            report._step += 1
            if (report._epoch, report._step) == at:
                raise InterruptionError

        with monkeypatch.context() as patches:
            patches.setattr(ProgressReport, "on_train_batch_end", stop)
            with pytest.raises(InterruptionError):
                fit(toy.request(TRAIN, tmp_path), toy.data(), 2)

    _assert_same_training(Trained(*fit(toy.request(TRAIN, tmp_path), toy.data(), 2)), uninterrupted)


@pytest.mark.slow
def test_a_checkpoint_of_an_earlier_release_is_left_aside_in_a_sentence(
    toy: Toy,
    uninterrupted: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _interrupt(toy, tmp_path, monkeypatch)
    caplog.clear()
    monkeypatch.setattr(models.training.progress.checkpointing, "_SUMS", "absent")

    with caplog.at_level(logging.WARNING, PROGRESS_LOGGER):
        anew = Trained(*fit(toy.request(TRAIN, tmp_path), toy.data(), 2))

    (sentence,) = [entry.message for entry in caplog.records if entry.name == PROGRESS_LOGGER]
    assert sentence.endswith(
        "was written by an earlier release, which stored less; the training starts from the "
        "beginning"
    )
    _assert_same_training(anew, uninterrupted)


def _assert_same_training(resumed: Trained, whole: Trained) -> None:
    assert int(resumed.model.optimizer.iterations) == 2 * STEPS
    assert [figures["epoch"] for figures in resumed.state.history] == [1, 2]
    for ours, theirs in zip(resumed.state.history, whole.state.history, strict=True):
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert ours[name] == pytest.approx(theirs[name], abs=TOLERANCE), name
    assert_same_weights(resumed.model, whole.model, TOLERANCE)
    for ours, theirs in zip(
        resumed.model.optimizer.variables, whole.model.optimizer.variables, strict=True
    ):
        assert ours.numpy() == pytest.approx(theirs.numpy(), abs=TOLERANCE), ours.name


@pytest.mark.slow
def test_a_training_killed_in_the_evaluation_finds_a_step_to_go_on_with(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = TRAIN.model_copy(update={"checkpoint_every_steps": STEPS})

    def interrupt(report: ProgressReport, logs: Any = None) -> None:
        raise InterruptionError

    with monkeypatch.context() as patches:
        patches.setattr(ProgressReport, "on_test_begin", interrupt)
        with pytest.raises(InterruptionError):
            fit(toy.request(train, tmp_path), toy.data(), 2)
    _, state = fit(toy.request(train, tmp_path), toy.data(), 2)

    assert [figures["epoch"] for figures in state.history] == [1, 2]


@pytest.mark.slow
def test_a_finished_training_is_not_repeated(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = TRAIN.model_copy(update={"epochs": 1})
    first, _ = fit(toy.request(train, tmp_path), toy.data(), 2)
    monkeypatch.setattr(ProgressReport, "on_train_batch_end", pytest.fail)

    second, state = fit(toy.request(train, tmp_path), toy.data(), 2)

    assert len(state.history) == 1
    assert_same_weights(first, second, 0.0)


@pytest.mark.slow
def test_a_loss_scale_changes_nothing(
    toy: Toy, uninterrupted: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The rewrite to float16 leaves CPUs alone, and a power of 2 is lost nowhere in float32.
    monkeypatch.setattr("models.training.fitting.choose_precision", lambda wanted: "float16")
    _interrupt(toy, tmp_path, monkeypatch)

    model, state = fit(toy.request(TRAIN, tmp_path), toy.data(), 2)

    assert isinstance(model.optimizer, keras.mixed_precision.LossScaleOptimizer)
    assert int(model.optimizer.dynamic_counter) == 2 * STEPS  # no step was left out
    assert _losses(state) == pytest.approx(_losses(uninterrupted.state), abs=TOLERANCE)
    assert_same_weights(model, uninterrupted.model, TOLERANCE)


@pytest.mark.slow
def test_training_stops_early_with_its_best_weights(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # The evaluation split has wrong labels: what is learnt makes it worse.
    toy = build_toy(tmp_path, flipped_eval=True)
    train = TRAIN.model_copy(
        update={"epochs": 9, "learning_rate": 3e-3, "early_stopping_patience": 2}
    )
    data = toy.data()

    with caplog.at_level(logging.INFO, PROGRESS_LOGGER):
        model, state = fit(toy.request(train, tmp_path / "checkpoints"), data, 2)

    losses = _losses(state)
    best = losses.index(min(losses))
    assert best < 6
    assert len(losses) == best + 3
    assert "stopped early: no better epoch among the last 2" in caplog.messages
    evaluated = model.evaluate(batches_by_length(data.evaluation, 8), verbose=0)
    assert evaluated[0] == pytest.approx(losses[best], abs=1e-5)


@pytest.mark.slow
def test_balanced_weights_reach_the_loss(tmp_path: Path) -> None:
    # 2 rows of class 0 and 6 of class 1 weigh 2 and 2/3 each: the loss of the first step is the
    # weighted mean over the rows.
    toy = build_toy(tmp_path)
    write_rows(tmp_path / "train.gz", [Row([2, 40, 3], int(place > 1)) for place in range(8)])
    plain = TRAIN.model_copy(update={"epochs": 1, "batch_size": 8, "dropout": 0.0})
    train = plain.model_copy(update={"class_weights": "balanced"})

    _, weighted = fit(toy.request(train, tmp_path / "a"), toy.data(), 2)
    _, unweighted = fit(toy.request(plain, tmp_path / "b"), toy.data(), 2)

    # One step, the same rows: the loss before it is that of the random head, p and 1 - p.
    # Unweighted it is -(2 log p + 6 log(1-p)) / 8, balanced -(4 log p + 4 log(1-p)) / 8.
    log_p, log_q = _solve(unweighted.history[0], weighted.history[0])
    assert pow(2.718281828, log_p) + pow(2.718281828, log_q) == pytest.approx(1, abs=1e-4)


def _solve(plain: dict[str, float], balanced: dict[str, float]) -> tuple[float, float]:
    """Solve the two equations for log p and log (1 - p)."""
    total = -2 * balanced["loss"]
    log_q = (-8 * plain["loss"] - 2 * total) / 4
    return total - log_q, log_q


@pytest.mark.slow
def test_steps_are_traced_as_keras_has_written_them(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: set[str] = set()

    def loss(labels: Any, logits: Any) -> Any:
        called.update(frame.name for frame in traceback.extract_stack())
        return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    monkeypatch.setattr("models.training.fitting.training_loss", lambda params: loss)

    fit(toy.request(TRAIN.model_copy(update={"epochs": 1}), tmp_path), toy.data(), 2)

    assert {"train_step", "test_step"} <= called
    assert not {"tf__train_step", "tf__test_step"} & called  # AutoGraph's names for its own


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.gz", toy_rows(4, seed=1))
    empty = write_rows(tmp_path / "eval.gz", [])

    with pytest.raises(InvalidInputError, match=r"the eval split has no rows.*data\.splits\.eval"):
        load_data([train], [empty], 2)


def test_a_label_that_training_lacks_is_refused(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.gz", toy_rows(4, seed=1))
    rows = [*toy_rows(4, seed=2), Row([2, 40, 3], -1)]

    with pytest.raises(InvalidInputError, match="1 of 5 rows of the eval split have a label"):
        load_data([train], [write_rows(tmp_path / "eval.gz", rows)], 2)
