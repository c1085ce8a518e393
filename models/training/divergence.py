"""Stop a training whose numbers are no longer finite: nothing useful comes after that."""

import math
from typing import Any

import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models.keras_compat import keras
from models.params import TrainParams
from models.training.precision import choose_precision


class DivergedError(InvalidInputError):
    """A training's loss became NaN or infinite."""


class DivergenceGuard(keras.callbacks.Callback):
    """Look at the loss after every step."""

    def __init__(self, params: TrainParams, epoch: int, first_step: int) -> None:
        """Set the counters.

        Args:
            params: Named in the message.
            epoch: Index of this epoch.
            first_step: Steps of this epoch that an earlier, killed training finished.
        """
        super().__init__()
        self._params = params
        self._epoch = epoch
        self._step = first_step

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step and check its loss.

        Raises:
            DivergedError: If it is not finite.
        """
        self._step += 1
        loss = (logs or {}).get("loss", 0.0)
        check_loss(loss, self._params, f"epoch {self._epoch + 1}, step {self._step}")


def check_loss(loss: float, params: TrainParams, when: str) -> None:
    """Refuse a loss that is not finite.

    Args:
        loss: The loss.
        params: Named in the message.
        when: Where in the training it is from.

    Raises:
        DivergedError: If it is NaN or infinite.
    """
    if math.isfinite(loss):
        return
    cures = [f"a lower `train.learning_rate` (it is {params.learning_rate:g})"]
    cures += [f"a lower `train.clip_norm` (it is {params.clip_norm:g})"]
    if choose_precision(params.precision) != "float32":
        cures.append("`train.precision: float32`")
    raise DivergedError(
        f"the training diverged: its loss is {loss} at {when}; try {' or '.join(cures)}"
    )


def check_weights(model: Any, encoder: str) -> None:
    """Refuse to train from weights that are not finite.

    Args:
        model: The Keras model.
        encoder: The encoder's folder, for the message.

    Raises:
        InvalidInputError: If a weight is NaN or infinite.
    """
    for weight in model.weights:
        if weight.dtype.is_floating and not tf.reduce_all(tf.math.is_finite(weight)):
            raise InvalidInputError(
                f"the encoder {encoder} has weights that are not finite (NaN or infinity), in "
                f"{weight.name}; give another one, or make it again"
            )
