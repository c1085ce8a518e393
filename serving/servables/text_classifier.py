"""The signatures of the pipeline's text classifiers: from texts, and in two halves by tokens."""

from collections.abc import Mapping, Sequence

import numpy as np

from serving.servables.model import DEFAULT_SIGNATURE, Array, Arrays, Signature, TensorSpec

TOKEN_INPUTS = ("input_word_ids", "input_mask", "input_type_ids")
_ANSWERS = frozenset({"label", "probabilities", "classes"})


def is_text_classifier(signatures: Mapping[str, Signature]) -> bool:
    """Tell whether a model has the signatures of a classifier from the pipeline.

    Args:
        signatures: Its signatures by name.

    Returns:
        Whether `serving_default`, `tokenize` and `tokens` are there and fit together.
    """
    if not {DEFAULT_SIGNATURE, "tokenize", "tokens"} <= signatures.keys():
        return False
    whole, tokenize, tokens = (
        signatures[name] for name in (DEFAULT_SIGNATURE, "tokenize", "tokens")
    )
    answers = set(whole.outputs)
    return (
        bool(whole.inputs)
        and {spec.dtype for spec in whole.inputs.values()} == {"string"}
        and _dtypes(whole.inputs) == _dtypes(tokenize.inputs)
        and _dtypes(tokenize.outputs) == _dtypes(tokens.inputs)
        and _dtypes(tokens.inputs) == dict.fromkeys(TOKEN_INPUTS, "int32")
        and _dtypes(tokens.outputs) == {"probabilities": "float"}
        and "probabilities" in answers <= _ANSWERS
        # Only `classes` tells the names that `label` gives.
        and ("label" not in answers or "classes" in answers)
    )


def count_rows(inputs: Arrays) -> int:
    """Count texts.

    Args:
        inputs: The texts of a request, one array per input.

    Returns:
        How many there are; 0 if the inputs are not equally long lists.
    """
    shapes = {array.shape for array in inputs.values()}
    shape = shapes.pop()
    return int(shape[0]) if not shapes and len(shape) == 1 else 0


def name_outputs(probabilities: Array, classes: Array, outputs: Sequence[str]) -> dict[str, Array]:
    """Make the outputs that the model's own signature would give.

    Args:
        probabilities: Float32 `[n, C]`.
        classes: The class names, `[C]`; unused if no names are wanted.
        outputs: The outputs wanted, of `label`, `probabilities` and `classes`.

    Returns:
        The outputs by name.
    """
    answers = {"probabilities": probabilities}
    if "label" in outputs:
        answers["label"] = classes[probabilities.argmax(axis=1)]
    if "classes" in outputs:
        answers["classes"] = np.tile(classes, (len(probabilities), 1))
    return {name: answers[name] for name in outputs}


def _dtypes(specs: Mapping[str, TensorSpec]) -> dict[str, str]:
    return {alias: spec.dtype for alias, spec in specs.items()}
