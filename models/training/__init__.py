"""Fine-tuning. TFX's Trainer finds `run_fn` here, in pipelines compiled earlier, too."""

from typing import Any


def run_fn(fn_args: Any) -> None:
    """Train, and export the model.

    Args:
        fn_args: TFX's `FnArgs`, see `models.training.run`.
    """
    from models.training.run import run_fn as run  # noqa: PLC0415 - only who trains needs TensorFlow

    run(fn_args)
