"""TensorFlow Serving's MultiInference: several classifications and regressions in one run.

Source:
    TensorFlow Serving, `servables/tensorflow/multi_inference.cc`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.servables.classification import (
    CLASSIFY_METHOD,
    Classifications,
    classify,
)
from serving.servables.model import DEFAULT_SIGNATURE, Array, LoadedModel
from serving.servables.regression import REGRESS_METHOD, regress

Result = Classifications | Array

_METHODS: Mapping[str, Callable[..., Result]] = {
    CLASSIFY_METHOD: classify,
    REGRESS_METHOD: regress,
}


@dataclass(frozen=True)
class InferenceTask:
    """One answer that a request asks for.

    Attributes:
        signature_name: The signature; empty stands for `serving_default`.
        method_name: `tensorflow/serving/classify` or `tensorflow/serving/regress`.
    """

    signature_name: str
    method_name: str

    @property
    def signature(self) -> str:
        """The signature's name, never empty."""
        return self.signature_name or DEFAULT_SIGNATURE


def multi_inference(
    model: LoadedModel,
    tasks: Sequence[InferenceTask],
    examples: Sequence[bytes],
    deadline: float | None = None,
    check_method_names: bool = False,
) -> list[Result]:
    """Run several signatures on the same examples.

    All tasks are checked before the first one runs.

    Args:
        model: The model.
        tasks: What to run; each signature once.
        examples: n serialized tf.Examples.
        deadline: When to give up, in seconds of `time.monotonic`; None never does.
        check_method_names: Whether the signatures must be declared with the tasks' methods.

    Returns:
        For each task its classifications, or its regressions as float32 `[n]`.

    Raises:
        InvalidArgumentError: For unknown or repeated signatures and for missing examples.
        ServingError: UNIMPLEMENTED for other methods, or the code with which the graph failed.
    """
    _check_tasks(model, tasks)
    if not examples:
        raise InvalidArgumentError("Input is empty.")
    return [
        _METHODS[task.method_name](model, task.signature, examples, deadline, check_method_names)
        for task in tasks
    ]


def _check_tasks(model: LoadedModel, tasks: Sequence[InferenceTask]) -> None:
    seen: set[str] = set()
    for task in tasks:
        if task.signature in seen:
            raise InvalidArgumentError(f"Duplicate evaluation of signature: {task.signature}")
        seen.add(task.signature)
        if task.signature not in model.signatures:
            raise InvalidArgumentError(
                f"Requested signature not found in model graph: {task.signature}"
            )
        if task.method_name not in _METHODS:
            raise ServingError(
                Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}"
            )
