"""Runs a converted model with OpenVINO: alone with all cores, or several batches at once.

Several compilations of one model share the work. A batch that comes while nothing runs gets all
cores (`LATENCY`), unless it is too short to gain by that. Other batches run beside each other, each
on cores of its own (`THROUGHPUT`), which is faster in sum: threads that share a batch wait for each
other at every operation, and do so in a loop. OpenVINO chooses the number of threads and streams
for the machine. A single short row is padded to a fixed length: where a shape follows another one,
OpenVINO prepares every operation again, which takes as long as such a row itself.

Source:
    OpenVINO, "High-level Performance Hints". MiniLM in bfloat16 on 2 cores (Zen 5): a text of 11
    tokens takes 1.8 ms on both and 1.9 on one, one of 75 tokens 4.1 and 5.7, eight of 18 5.7 and
    10.2. Texts of 6 to 26 tokens in turn take 5.0 ms of processor time each, always the same length
    of 16 takes 2.9, and 2.3 if the model is compiled for it (beside other work).
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from bert_aas.contracts import cpu
from bert_aas.contracts.processes.telemetry import leave_out_telemetry
from serving.engines.errors import EngineUnavailableError
from serving.engines.infer_requests import InferRequests
from serving.engines.manifest import Variant
from serving.errors import Code, DeadlineExceededError, ServingError
from serving.servables.model import Array, Arrays
from serving.servables.text_classifier import TOKEN_INPUTS

_DEVICE = "CPU"
_ANY_CPU = "f32"
_MIN_SHARED_TOKENS = 32  # of a batch that several cores share
_FIXED_LENGTHS = (16, 32)  # tokens of a single row
# Bytes of weights. Each compilation has a copy of its own, and what a fixed length saves does not
# grow with the model: of a BERT-base's 15 ms it would be little.
_MAX_FIXED_BYTES = 100_000_000
_MAX_TOKENS = 4096  # of a run: about a quarter of a second of one core, for a BERT of 6 layers
# Rows and tokens: what the first requests would otherwise have to wait for.
_WARM_UP_SHAPES = ((1, 8), (1, 32), (1, 128), (16, 32))


class OpenVinoEngine:
    """One loaded variant; any number of threads may call it.

    Attributes:
        name: The engine and its variant, such as `openvino bf16`.
        passed_over: Names of the variants to be preferred that this CPU does not fit.
        parallel_runs: How many batches should run at once.
        fixed_lengths: Tokens of single rows that `warm_up` compiles the model for.
        table_sizes: By input, the length of the table that its ids are looked up in.
    """

    def __init__(self, variants: Sequence[Variant]) -> None:
        """Choose a variant that fits this CPU and compile it.

        Args:
            variants: What the pipeline verified, those to be preferred first.

        Raises:
            EngineUnavailableError: If OpenVINO is not installed, none of the variants was verified
                for this CPU, or the files cannot be used.
        """
        core = _create_core()
        variant = _choose(variants, _native_precision(core))
        self.name = f"openvino {variant.name}"
        self.passed_over = tuple(other.name for other in variants[: variants.index(variant)])
        try:
            model = core.read_model(variant.file)
            self.table_sizes = _table_sizes(model)
            alone = core.compile_model(model, _DEVICE, _options(variant, "LATENCY"))
            beside = core.compile_model(model, _DEVICE, _options(variant, "THROUGHPUT"))
            self.parallel_runs = int(beside.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
            self._alone = InferRequests(alone, 1)
            self._beside = InferRequests(beside, self.parallel_runs)
            self._fixed: dict[int, InferRequests] = {}
            self.fixed_lengths = _fixed_lengths(variant)
            self._compile_fixed: Callable[[int], InferRequests] | None = partial(
                _compile_fixed, core, model, variant, self.parallel_runs
            )
        except RuntimeError as exc:  # all that OpenVINO raises
            raise EngineUnavailableError(f"{variant.file} does not run: {_brief(exc)}") from exc

    def run(self, tokens: Arrays, deadline: float | None) -> Array:
        """Classify a batch.

        Args:
            tokens: The three inputs of the encoder, int32 `[n, s]`; n and s are at least 1.
            deadline: When to give up, in seconds of `time.monotonic`; None never does.

        Returns:
            Probabilities, float32 `[n, C]`.

        Raises:
            DeadlineExceededError: After the deadline, or a moment later.
            ServingError: INTERNAL, if OpenVINO fails.
        """
        if len({array.shape for array in tokens.values()}) > 1:
            # OpenVINO would notice, but then refuse the next batch of this shape, too.
            raise ServingError(Code.INTERNAL, "The inputs of the model differ in shape.")
        parts = [self._run_part(part, deadline) for part in _cut(tokens)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run_part(self, tokens: Arrays, deadline: float | None) -> Array:
        """Run what does not take long; between two parts of a batch others have their turn."""
        requests, request, tokens = self._take(tokens, deadline)
        try:
            return _infer(request, tokens, deadline)
        except RuntimeError as exc:
            raise ServingError(Code.INTERNAL, f"OpenVINO failed: {_brief(exc)}") from exc
        finally:
            requests.give_back(request)

    def _take(self, tokens: Arrays, deadline: float | None) -> tuple[InferRequests, Any, Arrays]:
        """Choose where a batch runs; DeadlineExceededError if it must wait too long."""
        rows, columns = tokens[TOKEN_INPUTS[0]].shape
        length = next((each for each in self._fixed if rows == 1 and columns <= each), 0)
        if length:
            request = self._fixed[length].take_free()
            if request is not None:
                return self._fixed[length], request, _pad_row(tokens, length)
        if rows * columns >= _MIN_SHARED_TOKENS and self._beside.are_free():
            request = self._alone.take_free()
            if request is not None:
                return self._alone, request, tokens
        return self._beside, self._beside.take(deadline), tokens

    def close(self) -> None:
        """Free the model; no run may be under way or follow."""
        for requests in (self._alone, self._beside, *self._fixed.values()):
            requests.close()
        self._compile_fixed = None

    def warm_up(self, longest: int) -> None:
        """Compile for short rows and run usual shapes, so that the first requests are not slow.

        Args:
            longest: Most tokens of a row; the model has no places for more.

        Raises:
            EngineUnavailableError: If the model fails.
        """
        try:
            shapes = [(rows, min(tokens, longest)) for rows, tokens in _WARM_UP_SHAPES]
            for requests in (self._alone, self._beside):
                _try_shapes(requests, shapes)
            for length in self.fixed_lengths:
                if length <= longest and self._compile_fixed is not None:
                    self._fixed[length] = self._compile_fixed(length)
                    _try_shapes(self._fixed[length], [(1, length)])
            self._compile_fixed = None  # it holds the model, which is compiled now
        except RuntimeError as exc:
            raise EngineUnavailableError(f"it fails: {_brief(exc)}") from exc


def _try_shapes(requests: InferRequests, shapes: Iterable[tuple[int, int]]) -> None:
    """Run batches of zeros; RuntimeError if OpenVINO fails."""
    request = requests.take(None)
    try:
        for shape in shapes:
            _infer(request, dict.fromkeys(TOKEN_INPUTS, np.zeros(shape, np.int32)), None)
    finally:
        requests.give_back(request)


def _create_core() -> Any:
    try:
        leave_out_telemetry()
        from openvino import Core

        return Core()
    except ImportError as exc:  # also of a release that is too old
        raise EngineUnavailableError(f"OpenVINO cannot be imported: {exc}") from exc
    except RuntimeError as exc:
        raise EngineUnavailableError(f"OpenVINO does not run here: {_brief(exc)}") from exc


def _native_precision(core: Any) -> str:
    """Return the precision that OpenVINO itself would take on this CPU, such as `bf16`."""
    try:
        return str(core.get_property(_DEVICE, "INFERENCE_PRECISION_HINT").get_type_name())
    except RuntimeError as exc:
        raise EngineUnavailableError(f"OpenVINO does not run here: {_brief(exc)}") from exc


def _choose(variants: Sequence[Variant], native: str) -> Variant:
    for variant in variants:
        fits = variant.group_size is None or cpu.has_vnni()
        if fits and variant.precision in {native, _ANY_CPU}:
            return variant
    verified = ", ".join(variant.name for variant in variants)
    raise EngineUnavailableError(
        f"this CPU takes {native} or {_ANY_CPU}, and the pipeline verified {verified} only"
    )


def _table_sizes(model: Any) -> Mapping[str, int]:
    """Find the tables of embeddings: outside of them OpenVINO reads zeros and raises no error."""
    sizes = {}
    for gather in model.get_ops():
        if gather.get_type_name() != "Gather":
            continue
        table, ids = gather.input(0).get_partial_shape(), _source(gather, 1)
        if ids.get_type_name() == "Parameter" and table.rank.get_length() == len(("id", "hidden")):
            sizes[ids.output(0).get_any_name()] = table[0].get_length()
    return sizes


def _source(node: Any, place: int) -> Any:
    """Return what feeds an input of a node, conversions of its type left out."""
    source = node.input_value(place).get_node()
    return _source(source, 0) if source.get_type_name() == "Convert" else source


def _options(variant: Variant, hint: str) -> dict[str, str]:
    # Not pinned: the threads that read requests and tokenize need the same cores.
    options = {
        "PERFORMANCE_HINT": hint,
        "INFERENCE_PRECISION_HINT": variant.precision,
        "ENABLE_CPU_PINNING": "NO",
    }
    if variant.group_size:
        options["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(variant.group_size)
    return options


def _fixed_lengths(variant: Variant) -> tuple[int, ...]:
    """Choose the lengths of single rows that the model is compiled for."""
    weights = variant.file.with_suffix(".bin")
    return _FIXED_LENGTHS if weights.stat().st_size <= _MAX_FIXED_BYTES else ()


def _compile_fixed(
    core: Any, model: Any, variant: Variant, parallel_runs: int, length: int
) -> InferRequests:
    """Compile a model for single rows of one length, on the cores of one of the parallel runs."""
    fixed = model.clone()
    fixed.reshape({name: [1, length] for name in TOKEN_INPUTS})
    threads = max(1, len(os.sched_getaffinity(0)) // parallel_runs)
    options = {**_options(variant, "LATENCY"), "INFERENCE_NUM_THREADS": str(threads)}
    return InferRequests(core.compile_model(fixed, _DEVICE, options), 1)


def _pad_row(tokens: Arrays, length: int) -> Arrays:
    """Pad a single row with 0, which the mask leaves out."""
    padded = {name: np.zeros((1, length), np.int32) for name in TOKEN_INPUTS}
    for name, row in padded.items():
        row[:, : tokens[name].shape[1]] = tokens[name]
    return padded


def _cut(tokens: Arrays) -> Iterator[Arrays]:
    """Cut a batch into parts that do not take long: a run cannot be stopped at its deadline.

    OpenVINO 2026.4 can cancel a request, but the model gives wrong answers afterwards.
    """
    rows, columns = tokens[TOKEN_INPUTS[0]].shape
    step = max(1, _MAX_TOKENS // columns)
    for start in range(0, rows, step):
        # Without a copy where the array allows it: OpenVINO reads it where it is.
        yield {
            name: np.ascontiguousarray(tokens[name][start : start + step]) for name in TOKEN_INPUTS
        }


def _infer(request: Any, tokens: Arrays, deadline: float | None) -> Array:
    if deadline is not None and time.monotonic() > deadline:
        raise DeadlineExceededError("The deadline passed before the model had run.")
    request.infer(tokens, share_inputs=True, share_outputs=True)
    probabilities: Array = request.get_output_tensor(0).data.copy()
    return probabilities


def _brief(exc: Exception) -> str:
    """Return the last line of OpenVINO's message: those before it are places in its sources."""
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    return lines[-1] if lines else type(exc).__name__
