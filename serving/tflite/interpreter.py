"""TensorFlow Lite's interpreter, and a pool of them: each runs one request at a time.

Source:
    TensorFlow, `lite/python/interpreter_wrapper`, `lite/python/interpreter.py`.
"""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from serving.errors import Code, DeadlineExceededError, InvalidArgumentError, ServingError
from serving.runtime.dtypes import BY_NUMPY
from serving.runtime.extensions import load_extension
from serving.servables.model import Array, Arrays

_EXTENSION = "tensorflow.lite.python.interpreter_wrapper._pywrap_tensorflow_interpreter_wrapper"
_TRIAL = Path(__file__).with_name("trial.py")
_BUILT_IN_OPERATIONS = 1  # with the delegates that TensorFlow Lite takes of its own accord
_ERRORS = (RuntimeError, ValueError, TypeError)  # what the wrapper raises


class Tensor(NamedTuple):
    """One input or output.

    Attributes:
        number: Its number in the interpreter.
        dtype: `object` (of bytes) for strings.
        shape: As the file has it.
    """

    number: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def try_to_load(file: Path) -> None:
    """Load a model in a process of its own.

    Args:
        file: The model.

    Raises:
        InvalidArgumentError: If it cannot be loaded.
    """
    extension = str(load_extension(_EXTENSION).__file__)
    command = [
        sys.executable,
        "-I",
        str(_TRIAL),
        _EXTENSION.rpartition(".")[2],
        extension,
        str(file),
    ]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")  # noqa: S603 - our own
    if ended.returncode < 0:
        raise InvalidArgumentError(f"{file} is damaged: TensorFlow Lite crashes when it reads it.")
    if ended.returncode:
        reason = (ended.stderr.splitlines() or ["no reason given"])[-1]
        raise InvalidArgumentError(f"TensorFlow Lite cannot load {file}: {reason}")


class Interpreter:
    """One interpreter; for one thread at a time.

    Attributes:
        inputs: Inputs by the tensor's name.
        outputs: Outputs by the tensor's name.
    """

    def __init__(self, content: bytes) -> None:
        """Make the interpreter.

        Args:
            content: A model that could be loaded; see `try_to_load`.

        Raises:
            ServingError: INTERNAL for tensors of types or names that cannot be served.
        """
        wrapper = load_extension(_EXTENSION)
        self._content = content  # the wrapper reads it as long as it lives
        self._wrapper = wrapper.CreateWrapperFromBuffer(
            content, _BUILT_IN_OPERATIONS, [], False, False
        )
        self.inputs = self._tensors("Input", self._wrapper.InputIndices())
        self.outputs = self._tensors("Output", self._wrapper.OutputIndices())
        self._shapes: dict[str, tuple[int, ...]] | None = None  # for which there is room

    def run(self, inputs: Arrays, outputs: Sequence[str]) -> list[Array]:
        """Run the model.

        Args:
            inputs: Arrays by the tensor's name, of its dtype and any shape.
            outputs: Names of the tensors wanted.

        Returns:
            Their values.

        Raises:
            ServingError: INTERNAL, if TensorFlow Lite fails.
        """
        try:
            self._make_room({name: array.shape for name, array in inputs.items()})
            for name, array in inputs.items():
                self._wrapper.SetTensor(self.inputs[name].number, array, 0)
            self._wrapper.Invoke(0)
            return [self._wrapper.GetTensor(self.outputs[name].number, 0) for name in outputs]
        except _ERRORS as exc:
            self._shapes = None
            raise ServingError(Code.INTERNAL, f"TensorFlow Lite failed: {exc}") from exc

    def _make_room(self, shapes: dict[str, tuple[int, ...]]) -> None:
        if shapes == self._shapes:
            return
        for name, shape in shapes.items():
            self._wrapper.ResizeInputTensor(
                self.inputs[name].number, np.array(shape, np.int32), False, 0
            )
        self._wrapper.AllocateTensors(0)
        self._shapes = shapes

    def _tensors(self, kind: str, indices: Sequence[int]) -> Mapping[str, Tensor]:
        found: dict[str, Tensor] = {}
        for index in map(int, indices):
            name = self._wrapper.TensorName(index, 0)
            if name in found:
                raise ServingError(
                    Code.ALREADY_EXISTS, f"{kind} tensor name: {name} has multiple indices"
                )
            shape = tuple(int(length) for length in self._wrapper.TensorSize(index, 0))
            found[name] = Tensor(index, _dtype(name, self._wrapper.TensorType(index, 0)), shape)
        return found


class InterpreterPool:
    """Interpreters of one model, made when they are needed."""

    def __init__(self, content: bytes, first: Interpreter, most: int) -> None:
        """Begin with one interpreter.

        Args:
            content: The model.
            first: Its interpreter.
            most: How many there may be.
        """
        self._content = content
        self._idle: queue.LifoQueue[Interpreter] = queue.LifoQueue()
        self._idle.put(first)
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def interpreter(self, deadline: float | None) -> Iterator[Interpreter]:
        """Hold an interpreter.

        Args:
            deadline: When to give up, in seconds of `time.monotonic`; None never does.

        Yields:
            The interpreter.

        Raises:
            DeadlineExceededError: If all of them are held until then.
        """
        left_s = None if deadline is None else deadline - time.monotonic()
        if left_s is not None and (left_s <= 0 or not self._free.acquire(timeout=left_s)):
            raise DeadlineExceededError("The request's deadline passed before it could run.")
        if left_s is None:
            self._free.acquire()
        try:
            interpreter = self._take()
            yield interpreter
            self._idle.put(interpreter)
        finally:
            self._free.release()

    def _take(self) -> Interpreter:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return Interpreter(self._content)


def _dtype(name: str, kind: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(kind)
    if dtype.kind in "SUO":
        return np.dtype(object)
    if dtype not in BY_NUMPY:
        raise ServingError(Code.INTERNAL, f"Unknown TfLite type of {name}: {dtype.name}")
    return dtype
