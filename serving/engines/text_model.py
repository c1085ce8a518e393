"""Puts an engine under a text classifier: TensorFlow tokenizes, the engine classifies."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from serving.engines.errors import EngineUnavailableError
from serving.engines.manifest import read_variants
from serving.engines.openvino import OpenVinoEngine
from serving.errors import Code, ServingError
from serving.servables.callers import gone_error, is_gone
from serving.servables.model import (
    DEFAULT_SIGNATURE,
    TENSORFLOW,
    Array,
    Arrays,
    LoadedModel,
    Signature,
)
from serving.servables.text_classifier import (
    TOKEN_INPUTS,
    count_rows,
    is_text_classifier,
    name_outputs,
)

logger = logging.getLogger(__name__)

OPENVINO = "openvino"
_CLASSIFY, _TOKENIZE_EXAMPLES = "classify", "tokenize_examples"
# What these outputs are called in `serving_default`.
_CLASSIFY_OUTPUTS = {"classes": "classes", "scores": "probabilities"}
_PROBES = (b"", b"a good one", b"neither good nor bad, and 12 more words than that one had at all")
_SLICE_ROWS = 256  # of a request, which are tokenized and padded together
_LONG_TEXT = b"good " * 200
# Of a probability. Coarse: it tells a file of another model from rounding, which the pipeline
# has measured.
_TOLERANCE = 0.2


def with_engine(model: LoadedModel, folder: Path, engine: str) -> LoadedModel:
    """Run a model with the engine that is asked for.

    Args:
        model: A model that TensorFlow has loaded.
        folder: Its folder.
        engine: `tensorflow`, `openvino`, or `auto`: OpenVINO where it can; where the model is
            prepared for it and it cannot, one line of the log says why.

    Returns:
        The model on that engine; the model itself on TensorFlow.

    Raises:
        ServingError: FAILED_PRECONDITION, if OpenVINO is asked for and cannot run the model.
    """
    if engine == TENSORFLOW:
        return model
    try:
        return _on_openvino(model, folder)
    except EngineUnavailableError as exc:
        reason = f"Model {model.name} version {model.version} cannot run on OpenVINO: {exc}"
        if engine == OPENVINO:
            raise ServingError(Code.FAILED_PRECONDITION, f"{reason}.") from exc
        level = logging.INFO if exc.is_expected else logging.WARNING
        logger.log(level, "%s; TensorFlow runs it.", reason)
        return model


def _on_openvino(model: LoadedModel, folder: Path) -> LoadedModel:
    variants = read_variants(folder)
    if not is_text_classifier(model.signatures):
        raise EngineUnavailableError("its signatures are not those of a text classifier")
    openvino = OpenVinoEngine(variants)
    try:
        runner = _try(model, openvino)
    except BaseException:
        openvino.close()
        raise
    if openvino.passed_over:
        logger.warning(
            "Model %s version %s runs on %s: this CPU does not fit %s.",
            *(model.name, model.version, openvino.name, " and ".join(openvino.passed_over)),
        )
    return replace(
        model,
        run=runner.run,
        close=runner.close,
        engine=openvino.name,
        parallel_runs=openvino.parallel_runs,
    )


def _try(model: LoadedModel, openvino: OpenVinoEngine) -> "_Runner":
    try:
        openvino.warm_up(_longest_row(model))
        return _Runner(model, openvino, _compare(model, openvino))
    except ServingError as exc:
        raise EngineUnavailableError(f"it cannot be tried: {exc.message}") from exc


def _longest_row(model: LoadedModel) -> int:
    """Return the number of tokens to which the model cuts a text."""
    inputs = model.signatures["tokenize"].inputs
    tokens = model.call("tokenize", dict.fromkeys(inputs, np.array([_LONG_TEXT], object)))
    return int(tokens["input_mask"].shape[1])


def _compare(model: LoadedModel, openvino: OpenVinoEngine) -> Array:
    """Ask both engines the same; return the class names, which only the model knows."""
    inputs = model.signatures["tokenize"].inputs
    texts = np.array(_PROBES, object)
    whole = model.call(DEFAULT_SIGNATURE, dict.fromkeys(inputs, texts))
    answered = openvino.run(model.call("tokenize", dict.fromkeys(inputs, texts)), None)
    if not np.allclose(whole["probabilities"], answered, rtol=0, atol=_TOLERANCE):
        raise EngineUnavailableError("its answers are not those of the SavedModel")
    return whole["classes"][0] if "classes" in whole else np.array([], object)


def _can_classify(signatures: Mapping[str, Signature]) -> bool:
    """Tell whether `classify` is there as the pipeline exports it, with its first half apart."""
    whole, half = (signatures.get(name) for name in (_CLASSIFY, _TOKENIZE_EXAMPLES))
    if whole is None or half is None:
        return False
    return (
        whole.outputs.keys() == _CLASSIFY_OUTPUTS.keys()
        and whole.inputs.keys() == half.inputs.keys()
        and set(half.outputs) == set(TOKEN_INPUTS)
    )


class _Runner:
    """Runs `serving_default`, `classify` and `tokens` on the engine, and the rest as before."""

    def __init__(self, model: LoadedModel, openvino: OpenVinoEngine, classes: Array) -> None:
        self._model = model
        self._openvino = openvino
        self._classes = classes
        self._tokenizers = {DEFAULT_SIGNATURE: "tokenize"}
        if len(classes) and _can_classify(model.signatures):
            self._tokenizers[_CLASSIFY] = _TOKENIZE_EXAMPLES

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        """Run a signature; see `RunSignature`."""
        tokenize = self._tokenizers.get(name)
        rows = count_rows(inputs) if tokenize else 0
        if tokenize and rows:
            probabilities = self._classify(tokenize, inputs, rows, deadline)
            if name == _CLASSIFY:
                named = name_outputs(probabilities, self._classes, ("classes", "probabilities"))
                return {output: named[_CLASSIFY_OUTPUTS[output]] for output in outputs}
            return name_outputs(probabilities, self._classes, outputs)
        if name == "tokens" and self._are_sound(inputs):
            with suppress(ServingError):  # such as too many tokens: TensorFlow says what is wrong
                return {"probabilities": self._openvino.run(inputs, deadline)}
        return self._model.run(name, inputs, outputs, deadline)

    def _classify(self, tokenize: str, inputs: Arrays, rows: int, deadline: float | None) -> Array:
        """Tokenize and classify; of many rows some at a time, between which others have a turn."""
        parts = []
        for start in range(0, rows, _SLICE_ROWS):
            part = inputs
            if rows > _SLICE_ROWS:
                if is_gone():
                    raise gone_error()
                part = {name: array[start : start + _SLICE_ROWS] for name, array in inputs.items()}
            tokens = self._model.run(tokenize, part, TOKEN_INPUTS, deadline)
            parts.append(self._openvino.run(tokens, deadline))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def close(self) -> None:
        """Free both engines."""
        self._openvino.close()
        self._model.close()

    def _are_sound(self, tokens: Arrays) -> bool:
        """Tell whether tokens may go to the engine; TensorFlow has an error for all others."""
        shapes = {array.shape for array in tokens.values()}
        shape = shapes.pop()
        if shapes or len(shape) != len(("rows", "tokens")) or 0 in shape:
            return False
        sizes = self._openvino.table_sizes
        return all(tokens[name].min() >= 0 and tokens[name].max() < sizes[name] for name in sizes)
