"""Checkpoints from which a killed training continues, and the best weights so far."""

import json
import logging
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from models.training.progress.progress_lines import PROGRESS_LOGGER

_TRAINED = ("model/", "optimizer/")
_SUMS = "sums/.ATTRIBUTES/VARIABLE_VALUE"
_logger = logging.getLogger(PROGRESS_LOGGER)


class TrainingState:
    """Everything that a training has to remember to go on after it was killed.

    Attributes:
        epoch: Index of the epoch that is under way, int64 `[]`.
        step: Finished steps of that epoch, int64 `[]`.
        best: Best value of the early stopping metric so far, float64 `[]`; higher is better.
        bad_epochs: Epochs since the best value, int64 `[]`.
        sums: What the metrics had added up in the finished steps of that epoch.
        resumed: Whether a checkpoint was found.
    """

    def __init__(self, model: Any, directory: str) -> None:
        """Restore the newest checkpoint of the folder, if there is one that can be used.

        Args:
            model: A compiled Keras model.
            directory: Folder for the checkpoints; created when needed.
        """
        self.epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.best = tf.Variable(-math.inf, dtype=tf.float64, trainable=False)
        self.bad_epochs = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._history = tf.Variable("[]", dtype=tf.string, trainable=False)
        self._sums = tf.Variable("[]", dtype=tf.string, trainable=False)
        self._directory = directory
        # Slot variables must exist before a restore, or they would be filled with zeros later.
        model.optimizer.build(model.trainable_variables)
        state = tf.train.Checkpoint(
            model=model,
            optimizer=model.optimizer,
            epoch=self.epoch,
            step=self.step,
            best=self.best,
            bad_epochs=self.bad_epochs,
            history=self._history,
            sums=self._sums,
        )
        self._weights = tf.train.Checkpoint(weights=list(model.weights))
        self._latest = tf.train.CheckpointManager(state, f"{directory}/latest", max_to_keep=1)
        self._best = tf.train.CheckpointManager(self._weights, f"{directory}/best", max_to_keep=1)
        self.resumed = False
        found = self._latest.latest_checkpoint
        complaint = _complaint(found) if found else ""
        if complaint:
            _logger.warning("%s; the training starts from the beginning", complaint)
        elif found:
            state.restore(found)
            self.resumed = True

    @property
    def history(self) -> list[dict[str, float]]:
        """Return the figures of the finished epochs."""
        epochs: list[dict[str, float]] = json.loads(self._history.numpy())
        return epochs

    @property
    def sums(self) -> list[float]:
        """Return the metrics' sums over the finished steps of the epoch; empty at its start."""
        sums: list[float] = json.loads(self._sums.numpy())
        return sums

    def append_history(self, figures: dict[str, float]) -> None:
        """Remember the figures of one more finished epoch.

        Args:
            figures: Name to value, e.g. `val_loss`.
        """
        self._history.assign(json.dumps([*self.history, figures]))

    def save(self, epoch: int, step: int, sums: Sequence[float] = ()) -> None:
        """Write a checkpoint.

        Args:
            epoch: Index of the epoch that is under way.
            step: Finished steps of that epoch.
            sums: What the metrics have added up in them.
        """
        self.epoch.assign(epoch)
        self.step.assign(step)
        self._sums.assign(json.dumps([float(value) for value in sums]))
        self._latest.save()

    def record_epoch(self, value: float) -> bool:
        """Remember the weights if this epoch is the best so far.

        Args:
            value: The early stopping metric of the epoch; higher is better.

        Returns:
            Whether it is the best epoch so far.
        """
        if value > float(self.best.numpy()):
            self.best.assign(value)
            self.bad_epochs.assign(0)
            # Numbered by epoch: after a resume, the counter would overwrite the best weights.
            self._best.save(checkpoint_number=int(self.epoch.numpy()))
            return True
        self.bad_epochs.assign_add(1)
        return False

    def restore_best(self) -> None:
        """Put the best weights so far back into the model."""
        if self._best.latest_checkpoint:
            self._weights.restore(self._best.latest_checkpoint).assert_existing_objects_matched()

    def delete(self) -> None:
        """Remove all checkpoints: the training is finished and its model is saved."""
        if tf.io.gfile.exists(self._directory):
            tf.io.gfile.rmtree(self._directory)


def _complaint(checkpoint: str) -> str:
    """Say why a training cannot go on from a checkpoint; empty if it can."""
    try:
        reader = tf.train.load_checkpoint(checkpoint)
        if not reader.has_tensor(_SUMS):
            return (
                f"the checkpoint {checkpoint} was written by an earlier release, which stored less"
            )
        for name, kind in reader.get_variable_to_dtype_map().items():
            value = reader.get_tensor(name)  # every one: a damaged file is found out before
            if name.startswith(_TRAINED) and kind.is_floating and not np.isfinite(value).all():
                return f"the checkpoint {checkpoint} has weights that are not finite"
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as exc:
        return f"the checkpoint {checkpoint} cannot be read ({exc})"
    return ""
