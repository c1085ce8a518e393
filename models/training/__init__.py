"""Fine-tuning. TFX's Trainer finds `run_fn` here, in pipelines that were compiled earlier, too."""

from importlib import import_module
from typing import Any


def run_fn(fn_args: Any) -> None:
    """Train, and export the model.

    Args:
        fn_args: TFX's `FnArgs`, see `models.training.run`.
    """
    # By its name: nodes that only import from beside it must not count its code as theirs.
    import_module("models.training.run").run_fn(fn_args)
