"""Requests to any model as tasks of batches: joining their inputs, splitting the outputs."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from serving.batching.parameters import BatchingParameters
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.servables.model import Array, Arrays


@dataclass(eq=False)
class BatchedRequest:
    """A request that waits for a batch, or for several if it is split.

    Attributes:
        inputs: Arrays whose first dimension is `rows`.
        rows: Number of rows, at least 1.
        deadline: When its caller gives up, in seconds of `time.monotonic`; None never does.
        arrived: When it was queued, in seconds of `time.monotonic`.
        answer: Takes the outputs or the error.
        started: Whether a part of it has run or is running.
    """

    inputs: Arrays
    rows: int
    deadline: float | None
    arrived: float
    answer: "Future[dict[str, Array]]" = field(default_factory=Future)
    started: bool = False
    _parts: dict[int, dict[str, Array]] = field(default_factory=dict)
    _answered_rows: int = 0

    def fill(self, start: int, rows: int, outputs: dict[str, Array]) -> None:
        """Take the outputs of some rows; the last ones complete the request.

        Args:
            start: The first of the rows.
            rows: How many they are; none of them was filled before.
            outputs: Their outputs.
        """
        self._parts[start] = outputs
        self._answered_rows += rows
        if self._answered_rows < self.rows or self.answer.done():
            return
        parts = [self._parts[place] for place in sorted(self._parts)]
        try:
            joined = {alias: _join([part[alias] for part in parts]) for alias in parts[0]}
        except ValueError as exc:  # such as tokens padded to the longest text of each part
            self.fail(
                ServingError(
                    Code.FAILED_PRECONDITION,
                    f"The outputs of a split batch cannot be put together: {exc}",
                )
            )
            return
        self.answer.set_result(joined)

    def fail(self, error: Exception) -> None:
        """End the request with an error, unless it has ended."""
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(frozen=True, eq=False)
class Task:
    """Rows `start` to `stop` (exclusive) of a request, which run in one batch."""

    request: BatchedRequest
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.stop - self.start

    def input(self, alias: str) -> Array:
        """Return the task's rows of an input."""
        rows: Array = self.request.inputs[alias][self.start : self.stop]
        return rows


def count_rows(inputs: Arrays) -> int:
    """Return the size that the first dimensions of all inputs have.

    Args:
        inputs: The arrays of a request.

    Returns:
        The number of rows.

    Raises:
        InvalidArgumentError: If they have no such size in common.

    Source:
        TensorFlow Serving, `batching_session.cc`.
    """
    if not inputs:
        raise InvalidArgumentError("Batching Run() must have at least one input tensor")
    if any(array.ndim == 0 for array in inputs.values()):
        raise InvalidArgumentError("Batching Run() input tensors must have at least one dimension")
    sizes = {int(array.shape[0]) for array in inputs.values()}
    if len(sizes) > 1:
        raise InvalidArgumentError(
            "Batching Run() input tensors must have equal 0th-dimension size"
        )
    return sizes.pop()


def start_tasks(tasks: Sequence[Task], now: float) -> list[Task]:
    """Mark tasks as running; those whose deadline has passed fail instead.

    Args:
        tasks: Tasks that come out of the queue.
        now: In seconds of `time.monotonic`.

    Returns:
        The tasks to run: those whose requests have not ended.
    """
    alive = []
    for task in tasks:
        request = task.request
        if request.deadline is not None and request.deadline <= now:
            request.fail(waited_too_long())
        if not request.answer.done():
            request.started = True
            alive.append(task)
    return alive


def waited_too_long() -> ServingError:
    """Return the error of a request whose deadline passed before any part of it ran."""
    return ServingError(
        Code.RESOURCE_EXHAUSTED, "Run() timeout exceeded while waiting in batching queue"
    )


def merge_inputs(
    tasks: Sequence[Task], parameters: BatchingParameters, tensor_names: Mapping[str, str]
) -> dict[str, Array]:
    """Join the inputs of tasks and pad them to an allowed batch size.

    Args:
        tasks: The tasks of one batch, at least one.
        parameters: Which sizes are allowed, and whether differing shapes are padded.
        tensor_names: Names of the inputs inside the graph by alias, for the error.

    Returns:
        One array by input; rows beyond those of the tasks repeat the last task's first one.

    Raises:
        ServingError: FAILED_PRECONDITION if shapes differ beyond the rows and are not padded.
    """
    rows = sum(task.rows for task in tasks)
    extra = parameters.executed_rows(rows) - rows
    merged = {}
    for alias in tasks[0].request.inputs:
        arrays = [task.input(alias) for task in tasks]
        if len({array.shape[1:] for array in arrays}) > 1:
            same_rank = len({array.ndim for array in arrays}) == 1
            if not (parameters.pad_variable_length_inputs and same_rank):
                raise ServingError(Code.FAILED_PRECONDITION, _differing_shapes(tensor_names[alias]))
            arrays = _pad_to_largest(arrays)
        if extra:
            arrays.append(np.repeat(arrays[-1][:1], extra, axis=0))
        merged[alias] = _join(arrays)
    return merged


def split_outputs(outputs: Arrays, tasks: Sequence[Task], rows: int) -> list[dict[str, Array]]:
    """Cut the outputs of a batch into those of its tasks.

    Args:
        outputs: The outputs of the batch.
        tasks: Its tasks, in the order in which they were merged.
        rows: The rows that ran, those added to reach an allowed size counted.

    Returns:
        The outputs of each task.

    Raises:
        ServingError: FAILED_PRECONDITION if an output has not one entry per row.
    """
    for array in outputs.values():
        if array.ndim == 0:
            raise ServingError(Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if array.shape[0] != rows:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th "
                "dimension sizes of the input tensors",
            )
    split = []
    start = 0
    for task in tasks:
        stop = start + task.rows
        split.append({alias: array[start:stop] for alias, array in outputs.items()})
        start = stop
    return split


def _differing_shapes(tensor_name: str) -> str:
    # The missing spaces are upstream's.
    return (
        f"Tensors with name '{tensor_name}' from different tasks have different shapes and padding "
        "is turned off.Set pad_variable_length_inputs to true, or ensure that all tensors with the "
        "same namehave equal dimensions starting with the first dim."
    )


def _pad_to_largest(arrays: Sequence[Array]) -> list[Array]:
    """Fill all dimensions but the first up to the largest, with each array's first element."""
    largest = tuple(np.max([array.shape[1:] for array in arrays], axis=0))
    padded = []
    for array in arrays:
        nothing: Any = b"" if array.dtype == object else 0
        filler = array.flat[0] if array.size else nothing  # as upstream's batching session
        larger = np.full((array.shape[0], *largest), filler, array.dtype)
        larger[tuple(slice(size) for size in array.shape)] = array
        padded.append(larger)
    return padded


def _join(arrays: Sequence[Array]) -> Array:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
