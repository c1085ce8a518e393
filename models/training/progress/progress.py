"""Report the progress of a training: step, examples per second, time left."""

import logging
import time
from typing import Any

from models.keras_compat import keras
from models.training.progress.progress_lines import PROGRESS_LOGGER, format_duration

_EVERY_S = 1.0
_logger = logging.getLogger(PROGRESS_LOGGER)


class ProgressReport(keras.callbacks.Callback):
    """Log a line about once a second while an epoch runs.

    The first step is left out of the rates: it traces and compiles the graph.
    """

    def __init__(self, epoch: int, epochs: int, first_step: int, plan: tuple[int, int]) -> None:
        """Set the counters.

        Args:
            epoch: Index of this epoch.
            epochs: Number of epochs.
            first_step: Steps of this epoch that an earlier, killed training finished.
            plan: Steps per epoch and rows per epoch.
        """
        super().__init__()
        self._epoch = epoch
        self._epochs = epochs
        self._step = first_step
        self._timed_steps = 0
        self._steps_per_epoch, self._rows_per_epoch = plan
        self._started = self._ended = self._shown = 0.0

    @property
    def examples_per_s(self) -> float:
        """Return the mean rate of this epoch's steps (rows per step taken as even); 0: unknown."""
        rows = self._timed_steps * self._rows_per_epoch / self._steps_per_epoch
        elapsed = self._ended - self._started
        return rows / elapsed if elapsed > 0 else 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step, and log now and then."""
        self._step += 1
        self._ended = time.monotonic()
        if self._started:
            self._timed_steps += 1
        else:
            self._started = self._ended
        if self._ended - self._shown >= _EVERY_S or self._step == self._steps_per_epoch:
            self._shown = self._ended
            self._log((logs or {}).get("loss", float("nan")))

    def _log(self, loss: float) -> None:
        rate = self.examples_per_s
        epochs_left = self._epochs - self._epoch - 1
        steps_left = self._steps_per_epoch - self._step + epochs_left * self._steps_per_epoch
        rows_left = steps_left * self._rows_per_epoch / self._steps_per_epoch
        timing = ""
        if rate:
            timing = f" · {rate:.0f} examples/s · {format_duration(rows_left / rate)} left"
        _logger.info(
            "epoch %d/%d · step %d/%d · loss %.3f%s",
            self._epoch + 1,
            self._epochs,
            self._step,
            self._steps_per_epoch,
            loss,
            timing,
        )
