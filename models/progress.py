"""Report the progress of a training: step, examples per second, time left."""

import logging
import time
from typing import Any

from models.keras_compat import keras

PROGRESS_LOGGER = "models.progress"
"""Runners show this logger's messages to the user, whatever the log level."""

_EVERY_S = 1.0
_logger = logging.getLogger(PROGRESS_LOGGER)


class ProgressReport(keras.callbacks.Callback):
    """Log a line about once a second while an epoch runs."""

    def __init__(self, epoch: int, epochs: int, first_step: int, plan: tuple[int, int]) -> None:
        """Start the clock.

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
        self._first_step = first_step
        self._steps_per_epoch, self._rows_per_epoch = plan
        self._started = time.monotonic()
        self._shown = 0.0

    @property
    def examples_per_s(self) -> float:
        """Return the mean rate since this epoch started here (rows per step taken as even)."""
        rows = (self._step - self._first_step) * self._rows_per_epoch / self._steps_per_epoch
        return float(rows / max(time.monotonic() - self._started, 1e-9))

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step, and log now and then."""
        self._step += 1
        now = time.monotonic()
        if now - self._shown >= _EVERY_S or self._step == self._steps_per_epoch:
            self._shown = now
            self._log((logs or {}).get("loss", float("nan")))

    def _log(self, loss: float) -> None:
        epochs_left = self._epochs - self._epoch - 1
        steps_left = self._steps_per_epoch - self._step + epochs_left * self._steps_per_epoch
        step_s = (time.monotonic() - self._started) / max(self._step - self._first_step, 1)
        _logger.info(
            "epoch %d/%d · step %d/%d · loss %.3f · %.0f examples/s · %s left",
            self._epoch + 1,
            self._epochs,
            self._step,
            self._steps_per_epoch,
            loss,
            self.examples_per_s,
            format_duration(steps_left * step_s),
        )


def format_duration(seconds: float) -> str:
    """Write a duration for people.

    Args:
        seconds: A duration, at least 0.

    Returns:
        For example `42 s`, `3 min 5 s` or `2 h 10 min`.
    """
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
