"""Fine-tune the classifier: epochs, early stopping, checkpoints, progress."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models.keras_compat import keras
from models.params import EncoderParams, TrainParams
from models.training.batching import (
    SplitSummary,
    balanced_class_weights,
    batches_by_length,
    read_rows,
    summarize,
)
from models.training.classifier import build_classifier
from models.training.devices import choose_strategy
from models.training.distillation import LabelAccuracy, training_loss
from models.training.divergence import DivergenceGuard, check_loss, check_weights
from models.training.optimization import build_optimizer
from models.training.precision import choose_precision, training_in
from models.training.progress.checkpointing import TrainingState
from models.training.progress.progress import ProgressReport
from models.training.progress.progress_lines import PROGRESS_LOGGER
from models.training.step_randomness import set_step

_logger = logging.getLogger(PROGRESS_LOGGER)


@dataclass(frozen=True)
class TrainingData:
    """The two splits that a training reads, and what was counted in them."""

    train: tf.data.Dataset
    evaluation: tf.data.Dataset
    train_summary: SplitSummary
    evaluation_summary: SplitSummary


@dataclass(frozen=True)
class FitRequest:
    """What one training needs beside the data.

    Attributes:
        encoder_path: Folder of the TF-Hub module.
        encoder: Whether the encoder is trained, too.
        train: Hyperparameters.
        checkpoint_dir: Folder of this training's checkpoints; a killed training goes on there.
        log_dir: Folder for TensorBoard, or `None`.
    """

    encoder_path: str
    encoder: EncoderParams
    train: TrainParams
    checkpoint_dir: str
    log_dir: str | None = None


def load_data(
    train_files: Sequence[str], eval_files: Sequence[str], num_classes: int
) -> TrainingData:
    """Open and count the two splits.

    Args:
        train_files: Globs of transformed TFRecords.
        eval_files: The same for the evaluation split.
        num_classes: Number of classes.

    Returns:
        The datasets with their counts.

    Raises:
        InvalidInputError: If a split is empty, or has a label that the training split lacks.
    """
    train, evaluation = read_rows(train_files), read_rows(eval_files)
    data = TrainingData(
        train, evaluation, summarize(train, num_classes), summarize(evaluation, num_classes)
    )
    for name, summary in (("train", data.train_summary), ("eval", data.evaluation_summary)):
        if summary.rows == 0:
            raise InvalidInputError(
                f"the {name} split has no rows: give more data or a larger `data.splits.{name}`"
            )
        unknown = summary.rows - int(summary.class_counts.sum())
        if unknown:
            raise InvalidInputError(
                f"{unknown} of {summary.rows} rows of the {name} split have a label that the train "
                "split lacks: set `data.stratify: true`, give more rows of rare labels, or remove "
                "them"
            )
    return data


def fit(request: FitRequest, data: TrainingData, num_classes: int) -> tuple[Any, TrainingState]:
    """Train a classifier, going on from a checkpoint if there is one.

    Args:
        request: Encoder, hyperparameters and folders.
        data: The two splits.
        num_classes: Number of classes.

    Returns:
        The Keras model with its best weights, and the state with the history of the epochs.

    Raises:
        InvalidInputError: If this machine lacks the precision that is asked for, the encoder has
            weights that are not finite, or the training diverges.
    """
    params = request.train
    precision = choose_precision(params.precision)
    _logger.info("training in %s (train.precision: %s)", precision, params.precision)
    keras.utils.set_random_seed(params.seed)
    steps = data.train_summary.num_batches(params.batch_size)
    with choose_strategy(params).scope():
        model = build_classifier(
            request.encoder_path, num_classes, params.dropout, request.encoder.trainable
        )
        _spare_autograph(model)
        model.compile(
            optimizer=build_optimizer(params, steps * params.epochs, precision),
            loss=training_loss(params),
            weighted_metrics=[],
            metrics=[LabelAccuracy(name="accuracy")],
        )
        state = TrainingState(model, request.checkpoint_dir)
    check_weights(model, request.encoder_path)
    if state.resumed:
        _logger.info(
            "resuming at epoch %d, step %d of an interrupted training",
            int(state.epoch.numpy()) + 1,
            int(state.step.numpy()),
        )
    for epoch in range(int(state.epoch.numpy()), params.epochs):
        if 0 < params.early_stopping_patience <= int(state.bad_epochs.numpy()):
            _logger.info(
                "stopped early: no better epoch among the last %d", params.early_stopping_patience
            )
            break
        with training_in(precision):
            _run_epoch(model, state, request, data, epoch)
    state.restore_best()
    return model, state


def _spare_autograph(model: Any) -> None:
    """Trace Keras's steps as they are written: rewriting all its Python takes longer than an epoch.

    AutoGraph leaves out a package named `keras`, and so takes `tf_keras` for code of the user's.
    """
    for step in ("train_step", "test_step"):
        setattr(model, step, tf.autograph.experimental.do_not_convert(getattr(model, step)))


def _run_epoch(
    model: Any, state: TrainingState, request: FitRequest, data: TrainingData, epoch: int
) -> None:
    params = request.train
    weights = None
    if params.class_weights == "balanced":
        weights = balanced_class_weights(data.train_summary.class_counts)
    done = int(state.step.numpy())
    batches = batches_by_length(data.train, params.batch_size, weights, params.seed + epoch)
    plan = (data.train_summary.num_batches(params.batch_size), data.train_summary.rows)
    progress = ProgressReport(epoch, params.epochs, done, plan)
    saves = range(params.checkpoint_every_steps, plan[0], params.checkpoint_every_steps)
    steps = _Steps(params.seed, epoch * plan[0], done)
    checkpoints = _StepCheckpoints(state, epoch, saves)
    history = model.fit(
        batches.skip(done),
        validation_data=batches_by_length(data.evaluation, params.batch_size),
        initial_epoch=epoch,
        epochs=epoch + 1,
        # Told the number, Keras asks for no batch beyond the last: the step that then finds none
        # would still count as one, for the learning rate and for weight decay.
        steps_per_epoch=plan[0] - done,
        # The guard first: a checkpoint never holds what it refuses.
        callbacks=[steps, DivergenceGuard(params, epoch, done), progress, checkpoints],
        verbose=0,
    )
    figures = {name: float(values[-1]) for name, values in history.history.items()}
    figures |= checkpoints.figures | {"epoch": epoch + 1, "examples_per_s": progress.examples_per_s}
    if request.log_dir:
        _log_to_tensorboard(request.log_dir, figures, epoch)
    check_loss(figures["val_loss"], params, f"the evaluation after epoch {epoch + 1}")
    _finish_epoch(state, figures, params, epoch)


def _log_to_tensorboard(directory: str, figures: dict[str, float], epoch: int) -> None:
    """Write the figures of an epoch; Keras's own callback takes longer than the evaluation."""
    for folder, prefix in (("train", ""), ("validation", "val_")):
        writer = tf.summary.create_file_writer(f"{directory}/{folder}")
        with writer.as_default(step=epoch):
            for name in ("loss", "accuracy"):
                tf.summary.scalar(f"epoch_{name}", figures[prefix + name])
        writer.close()


def _finish_epoch(
    state: TrainingState, figures: dict[str, float], params: TrainParams, epoch: int
) -> None:
    by_accuracy = params.early_stopping_metric == "accuracy"
    value = figures["val_accuracy"] if by_accuracy else -figures["val_loss"]
    best = state.record_epoch(value)
    state.append_history(figures)
    state.save(epoch + 1, 0)
    _logger.info(
        "epoch %d/%d · eval accuracy %.4f · eval loss %.4f%s",
        epoch + 1,
        params.epochs,
        figures["val_accuracy"],
        figures["val_loss"],
        " · best so far" if best else "",
    )


class _Steps(keras.callbacks.Callback):
    """Choose the random numbers of each step by its place in the whole training."""

    def __init__(self, seed: int, first_of_epoch: int, done: int) -> None:
        super().__init__()
        self._seed = seed
        self._next = first_of_epoch + done

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Choose those of the next step."""
        set_step(self._seed, self._next)
        self._next += 1


class _StepCheckpoints(keras.callbacks.Callback):
    """Write a checkpoint after certain steps of an epoch; keep the figures of all its steps.

    Not after the last one: a training killed during the evaluation would find no batch to go on
    with, and Keras refuses an empty dataset.
    """

    def __init__(self, state: TrainingState, epoch: int, steps: range) -> None:
        super().__init__()
        self._state = state
        self._epoch = epoch
        self._steps = steps
        self._step = int(state.step.numpy())
        self._sums = state.sums
        self.figures: dict[str, float] = {}

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step, and save now and then."""
        self._step += 1
        sums = [value for metric in self.model.metrics for value in metric.variables]
        if self._sums:
            # Keras makes the variables in the first step, so that nothing can be restored before.
            for value, earlier in zip(sums, self._sums, strict=True):
                value.assign(value.numpy() + np.float32(earlier))
            self._sums = []
        if self._step in self._steps:
            self._state.save(self._epoch, self._step, [float(value.numpy()) for value in sums])
        if self._step == self._steps.stop:
            self.figures = {metric.name: float(metric.result()) for metric in self.model.metrics}
