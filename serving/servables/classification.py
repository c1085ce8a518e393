"""TensorFlow Serving's Classify: serialized tf.Examples to classes and scores.

Source:
    TensorFlow Serving, `servables/tensorflow/classifier.cc` and `util.cc`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.errors import InvalidArgumentError
from serving.runtime.tensors import bytes_array
from serving.servables.model import DEFAULT_SIGNATURE, Array, LoadedModel, Signature

NOT_ONE_INPUT = "Expected one input Tensor."
CLASSIFY_METHOD = "tensorflow/serving/classify"

_INPUT = "inputs"
_OUTPUT_COUNTS = (1, 2)
_CLASSES = "classes"
_SCORES = "scores"
_RANK = 2


@dataclass(frozen=True)
class Classifications:
    """Classes of n examples; either part may be missing.

    Attributes:
        classes: Labels, bytes `[n, k]`.
        scores: Their scores, float32 `[n, k]`.
    """

    classes: Array | None
    scores: Array | None

    def rows(self) -> list[list[tuple[bytes, float]]]:
        """Return (label, score) pairs per example; a missing label is empty, a score 0."""
        given = self.scores if self.classes is None else self.classes
        if given is None:
            return []
        labels = np.full(given.shape, b"", dtype=object) if self.classes is None else self.classes
        scores = np.zeros(given.shape, np.float32) if self.scores is None else self.scores
        columns: tuple[Any, Any] = (labels.tolist(), scores.tolist())
        pairs = zip(*columns, strict=True)
        return [list(zip(row, values, strict=True)) for row, values in pairs]


def classify(
    model: LoadedModel,
    signature_name: str,
    examples: Sequence[bytes],
    deadline: float | None = None,
    check_method_name: bool = False,
) -> Classifications:
    """Run a classification signature.

    Args:
        model: The model.
        signature_name: Its signature; empty stands for `serving_default`.
        examples: n serialized tf.Examples.
        deadline: When to give up, in seconds of `time.monotonic`; None never does.
        check_method_name: Whether the signature must be declared as one that classifies.

    Returns:
        The classes and scores of each example.

    Raises:
        InvalidArgumentError: If there are no examples, or the signature or its outputs do not
            classify.
        ServingError: With the code with which the graph failed.
    """
    signature = example_signature(model, signature_name)
    if check_method_name and signature.method_name != CLASSIFY_METHOD:
        raise InvalidArgumentError(
            "Expected classification signature method_name to be "
            f"{CLASSIFY_METHOD}. Was: {signature.method_name}"
        )
    wanted = _wanted_outputs(model, signature)
    outputs = model.call(signature.name, {_INPUT: example_input(examples)}, wanted, deadline)
    return _to_classifications(outputs, len(examples))


def example_signature(model: LoadedModel, name: str) -> Signature:
    """Find a signature that reads tf.Examples.

    Args:
        model: The model.
        name: The signature's name; empty stands for `serving_default`.

    Returns:
        The signature.

    Raises:
        InvalidArgumentError: If there is none of that name.
    """
    wanted = name or DEFAULT_SIGNATURE
    signature = model.signatures.get(wanted)
    if signature is not None:
        return signature
    if wanted in model.signature_defs and len(model.signature_defs[wanted].inputs) != 1:
        raise InvalidArgumentError(NOT_ONE_INPUT)  # such as `__saved_model_init_op`
    raise InvalidArgumentError(f"No signature was found with the name: {wanted}")


def signature_text(model: LoadedModel, signature: Signature) -> str:
    """Describe a signature as error messages do.

    Args:
        model: The model.
        signature: One of its signatures.

    Returns:
        Its proto as text.
    """
    return str(model.signature_defs.get(signature.name, signature.name))


def example_input(examples: Sequence[bytes]) -> Array:
    """Make the tensor of a signature that reads tf.Examples.

    Args:
        examples: n serialized tf.Examples.

    Returns:
        An object array `[n]` of bytes.

    Raises:
        InvalidArgumentError: If there are none.
    """
    if not examples:
        raise InvalidArgumentError("Input is empty.")
    return bytes_array(examples)


def _wanted_outputs(model: LoadedModel, signature: Signature) -> list[str]:
    """Check that a signature classifies; return `classes`, `scores` or both."""
    if len(signature.inputs) != 1:
        raise InvalidArgumentError(NOT_ONE_INPUT)
    if len(signature.outputs) not in _OUTPUT_COUNTS:
        raise InvalidArgumentError(
            f"Expected one or two output Tensors, found {len(signature.outputs)}"
        )
    if _INPUT not in signature.inputs:
        raise InvalidArgumentError(
            f"No classification inputs found in SignatureDef: {signature_text(model, signature)}"
        )
    wanted = [alias for alias in (_CLASSES, _SCORES) if alias in signature.outputs]
    if not wanted:
        raise InvalidArgumentError(
            "Expected classification signature outputs to contain at least one of "
            f'"{_CLASSES}" or "{_SCORES}". Signature was: '
            f"{signature_text(model, signature)}"
        )
    return wanted


def _to_classifications(outputs: dict[str, Array], examples: int) -> Classifications:
    """Check types and shapes of the outputs against the number of examples."""
    classes, scores = outputs.get(_CLASSES), outputs.get(_SCORES)
    if classes is not None:
        _check_output(classes, examples, np.dtype(object), "classes Tensor of DT_STRING")
    if scores is not None:
        _check_output(scores, examples, np.dtype(np.float32), "scores Tensor of DT_FLOAT")
    if classes is not None and scores is not None:
        _check_same_shape(classes, scores)
    return Classifications(classes, scores)


def _check_output(array: Array, examples: int, dtype: np.dtype[np.generic], kind: str) -> None:
    if array.ndim != _RANK:
        shape = ",".join(map(str, array.shape))
        raise InvalidArgumentError(
            f"Expected Tensor shape: [batch_size num_classes] but got [{shape}]"
        )
    if array.dtype != dtype:
        raise InvalidArgumentError(f"Expected {kind}. Got: {array.dtype.name}")
    if len(array) != examples:
        raise InvalidArgumentError(
            f"Input batch size did not match output batch size: {examples} vs. {len(array)}"
        )


def _check_same_shape(classes: Array, scores: Array) -> None:
    if classes.shape != scores.shape:
        raise InvalidArgumentError(
            "Tensors class and score should match in shape, but are "
            f"{_CLASSES} {classes.shape} and {_SCORES} {scores.shape}"
        )
