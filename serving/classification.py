"""TensorFlow Serving's Classify: serialized tf.Examples to classes and scores.

Source:
    TensorFlow Serving, `servables/tensorflow/classifier.cc` and `util.cc`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serving.errors import InvalidArgumentError
from serving.model import DEFAULT_SIGNATURE, Array, LoadedModel

_INPUT = "inputs"
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
        pairs = zip(labels.tolist(), scores.tolist(), strict=True)
        return [list(zip(row, values, strict=True)) for row, values in pairs]


def classify(model: LoadedModel, signature_name: str, examples: Sequence[bytes]) -> Classifications:
    """Run a classification signature.

    Args:
        model: The model.
        signature_name: Its signature; empty stands for `serving_default`.
        examples: n serialized tf.Examples.

    Returns:
        The classes and scores of each example.

    Raises:
        InvalidArgumentError: If there are no examples, or the signature does not classify.
    """
    name = signature_name or DEFAULT_SIGNATURE
    _check_signature(model, name)
    if not examples:
        raise InvalidArgumentError("Input is empty.")
    wanted = [alias for alias in (_CLASSES, _SCORES) if alias in model.signatures[name].outputs]
    inputs = np.empty(len(examples), dtype=object)
    inputs[:] = examples
    outputs = model.call(name, {_INPUT: inputs}, wanted)
    for array in outputs.values():
        _check_output(array, len(examples))
    _check_same_shape(outputs)
    return Classifications(outputs.get(_CLASSES), outputs.get(_SCORES))


def _check_signature(model: LoadedModel, name: str) -> None:
    signature = model.signatures.get(name)
    if signature is None:
        raise InvalidArgumentError(f"No signature was found with the name: {name}")
    if len(signature.inputs) != 1:
        raise InvalidArgumentError("Expected one input Tensor.")
    if _INPUT not in signature.inputs:
        raise InvalidArgumentError(f"No classification inputs found in SignatureDef: {name}")
    if not {_CLASSES, _SCORES} & signature.outputs.keys():
        raise InvalidArgumentError(
            f"Expected classification signature outputs to contain at least one of {_CLASSES} or "
            f"{_SCORES}. Signature was: {name}"
        )


def _check_output(array: Array, examples: int) -> None:
    if array.ndim != _RANK:
        shape = ",".join(map(str, array.shape))
        raise InvalidArgumentError(
            f"Expected Tensor shape: [batch_size num_classes] but got [{shape}]"
        )
    if len(array) != examples:
        raise InvalidArgumentError(
            f"Input batch size did not match output batch size: {examples} vs. {len(array)}"
        )


def _check_same_shape(outputs: dict[str, Array]) -> None:
    if len({array.shape for array in outputs.values()}) > 1:
        shapes = " and ".join(f"{alias} {array.shape}" for alias, array in outputs.items())
        raise InvalidArgumentError(
            f"Tensors class and score should match in shape, but are {shapes}"
        )
