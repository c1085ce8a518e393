"""TensorFlow Serving's Regress: serialized tf.Examples to one number each.

Source:
    TensorFlow Serving, `servables/tensorflow/regressor.cc` and `util.cc`.
"""

from collections.abc import Sequence

import numpy as np

from serving.errors import InvalidArgumentError
from serving.servables.classification import (
    NOT_ONE_INPUT,
    example_input,
    example_signature,
    signature_text,
)
from serving.servables.model import Array, LoadedModel, Signature

REGRESS_METHOD = "tensorflow/serving/regress"

_INPUT = "inputs"
_OUTPUT = "outputs"
_MAX_RANK = 2


def regress(
    model: LoadedModel,
    signature_name: str,
    examples: Sequence[bytes],
    deadline: float | None = None,
    check_method_name: bool = False,
) -> Array:
    """Run a regression signature.

    Args:
        model: The model.
        signature_name: Its signature; empty stands for `serving_default`.
        examples: n serialized tf.Examples.
        deadline: When to give up, in seconds of `time.monotonic`; None never does.
        check_method_name: Whether the signature must be declared as a regression.

    Returns:
        One value per example, float32 `[n]`.

    Raises:
        InvalidArgumentError: If there are no examples, or the signature or its output is not a
            regression.
        ServingError: With the code with which the graph failed.
    """
    signature = example_signature(model, signature_name)
    if check_method_name and signature.method_name != REGRESS_METHOD:
        raise InvalidArgumentError(
            f"Expected regression signature method_name to be {REGRESS_METHOD}. "
            f"Was: {signature.method_name}"
        )
    wanted = _wanted_outputs(model, signature)
    outputs = model.call(signature.name, {_INPUT: example_input(examples)}, wanted, deadline)
    return _to_regressions(outputs, len(examples))


def _wanted_outputs(model: LoadedModel, signature: Signature) -> list[str]:
    """Check that a signature is a regression; return its output, `outputs`."""
    if len(signature.inputs) != 1:
        raise InvalidArgumentError(NOT_ONE_INPUT)
    if len(signature.outputs) != 1:
        raise InvalidArgumentError("Expected one output Tensor.")
    if _INPUT not in signature.inputs:
        raise _not_found("inputs", model, signature)
    if _OUTPUT not in signature.outputs:
        raise _not_found("outputs", model, signature)
    return [_OUTPUT]


def _not_found(what: str, model: LoadedModel, signature: Signature) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"No regression {what} found in SignatureDef: {signature_text(model, signature)}"
    )


def _to_regressions(outputs: dict[str, Array], examples: int) -> Array:
    """Check type and shape of the output against the number of examples."""
    array = outputs[_OUTPUT]
    shape = ",".join(map(str, array.shape))
    if array.ndim not in {1, _MAX_RANK} or (array.ndim == _MAX_RANK and array.shape[1] != 1):
        raise InvalidArgumentError(
            f"Expected Tensor shape: [batch_size] or [batch_size, 1] but got [{shape}]"
        )
    if len(array) != examples:
        raise InvalidArgumentError(
            f"Input batch size did not match output batch size: {examples} vs. {len(array)}"
        )
    if array.dtype != np.float32:
        raise InvalidArgumentError(f"Expected output Tensor of DT_FLOAT. Got: {array.dtype.name}")
    return array.reshape(-1)
