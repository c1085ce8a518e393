"""AdamW as BERT is fine-tuned with it: warm-up, linear decay, clipped gradients."""

from typing import Any

import tensorflow as tf

from models.keras_compat import keras
from models.params import TrainParams
from models.training.precision import Precision

NOT_DECAYED = ("bias", "layer_norm", "LayerNorm")
"""Parts of the names of variables that weight decay leaves alone."""


class WarmupLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly from 0 to the peak, then fall linearly to 0 at the last step.

    Source:
        Devlin et al. 2019, appendix A.2, arXiv:1810.04805.
    """

    def __init__(self, peak: float, total_steps: int, warmup_steps: int) -> None:
        """Fix the schedule.

        Args:
            peak: Highest learning rate.
            total_steps: Optimizer steps of the whole training, at least 1.
            warmup_steps: Steps until the peak, in [0, total_steps).
        """
        super().__init__()
        self.peak = peak
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Return the learning rate of one step.

        Args:
            step: Number of finished steps, int `[]`.

        Returns:
            The learning rate, float32 `[]`.
        """
        done = tf.cast(step, tf.float32)
        rising = self.peak * (done + 1.0) / max(self.warmup_steps, 1)
        falling = self.peak * (self.total_steps - done) / (self.total_steps - self.warmup_steps)
        return tf.where(done < self.warmup_steps, rising, tf.maximum(falling, 0.0))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "peak": self.peak,
            "total_steps": self.total_steps,
            "warmup_steps": self.warmup_steps,
        }


class _DenseAdamW(keras.optimizers.AdamW):
    """AdamW that adds up the gradients of an embedding before it reduces and clips them.

    TensorFlow lists them by token instead. Replicas with different numbers of tokens cannot gather
    such lists, and the norm of a list counts a repeated token's parts one by one.

    Moments and variable change in one pass over the memory: Keras's own step makes ten of them,
    which takes a good part of the time of a batch of short texts on a CPU.
    """

    def aggregate_gradients(self, grads_and_vars: Any) -> Any:
        """Sum the gradients of all replicas."""
        dense = [
            (gradient if gradient is None else tf.convert_to_tensor(gradient), variable)
            for gradient, variable in grads_and_vars
        ]
        return super().aggregate_gradients(dense)

    def update_step(self, gradient: tf.Tensor, variable: Any) -> None:
        """Change one variable as Keras does, with TensorFlow's fused kernel."""
        place = self._index_dict[self._var_key(variable)]
        step = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].handle,
            v=self._velocities[place].handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(self.learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def build_optimizer(params: TrainParams, total_steps: int, precision: Precision = "float32") -> Any:
    """Build the optimizer of a whole training.

    Args:
        params: Learning rate, warm-up, weight decay and clipping.
        total_steps: Optimizer steps of all epochs together, at least 1.
        precision: Of the training step; float16 gets a loss scale that finds its own size.

    Returns:
        A Keras AdamW whose weight decay skips biases and layer norms.

    Source:
        Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", arXiv:1711.05101.
    """
    warmup_steps = int(total_steps * params.warmup_fraction)
    optimizer = _DenseAdamW(
        learning_rate=WarmupLinearDecay(params.learning_rate, total_steps, warmup_steps),
        weight_decay=params.weight_decay,
        epsilon=1e-6,
        global_clipnorm=params.clip_norm,
    )
    optimizer.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    if precision == "float16":
        return keras.mixed_precision.LossScaleOptimizer(optimizer)
    return optimizer
