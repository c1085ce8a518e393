"""A SavedModel as a session of TensorFlow's C++ runtime, as TensorFlow Serving loads it."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.errors import Code, ServingError
from serving.runtime.library import (
    Library,
    Output,
    load_library,
    read_buffer,
    return_free_memory,
)
from serving.runtime.protos import load_protos
from serving.runtime.tensors import Array, to_array, to_tensor

Run = Callable[[Sequence[Array], "int | None"], list[Array]]

_SHARED_POOL, _CALLERS_THREAD = 0, -1  # of `RunOptions.inter_op_thread_pool`


@dataclass(frozen=True)
class SessionOptions:
    """How sessions use the machine; 0 leaves the choice to TensorFlow.

    Attributes:
        intra_op_threads: Threads that share one operation.
        inter_op_threads: Operations that run at once.
        gpu_memory_fraction: Share of each GPU's memory to take at once; 0 takes it as needed.
    """

    intra_op_threads: int = 0
    inter_op_threads: int = 0
    gpu_memory_fraction: float = 0.0

    def serialize(self) -> bytes:
        """Return them as a serialized `ConfigProto`."""
        config = load_protos().config_pb2.ConfigProto(
            intra_op_parallelism_threads=self.intra_op_threads,
            inter_op_parallelism_threads=self.inter_op_threads,
        )
        config.gpu_options.per_process_gpu_memory_fraction = self.gpu_memory_fraction
        config.gpu_options.allow_growth = not self.gpu_memory_fraction
        content: bytes = config.SerializeToString()
        return content


def load_session(
    folder: Path, tags: Sequence[str], options: SessionOptions
) -> tuple["Session", bytes]:
    """Load a SavedModel, its tables and variables; other threads go on meanwhile.

    Args:
        folder: The SavedModel.
        tags: Tags of the meta graph to load.
        options: Threads and memory.

    Returns:
        The session, and its `MetaGraphDef`, serialized: some megabytes that it does not keep.

    Raises:
        ServingError: With TensorFlow's code and message, if it cannot be loaded.
    """
    session = Session()
    try:
        return session, session.load(folder, tags, options.serialize())
    except BaseException:
        session.close()
        raise


class Session:
    """A loaded SavedModel; see `load_session`."""

    def __init__(self) -> None:
        self._library = load_library()
        self._graph = self._library.NewGraph()
        self._session: Any = None

    def load(self, folder: Path, tags: Sequence[str], config: bytes) -> bytes:
        """Load a SavedModel into a new session.

        Args:
            folder: The SavedModel.
            tags: Tags of the meta graph to load.
            config: A serialized `ConfigProto`.

        Returns:
            Its `MetaGraphDef`, serialized.

        Raises:
            ServingError: With TensorFlow's code and message, if it cannot be loaded.
        """
        library = self._library
        status, options = library.NewStatus(), library.NewSessionOptions()
        buffer = library.NewBuffer()
        names = (ctypes.c_char_p * len(tags))(*[tag.encode() for tag in tags])
        try:
            library.SetConfig(options, config, len(config), status)
            library.check(status)
            self._session = library.LoadSessionFromSavedModel(
                options, None, bytes(folder), names, len(tags), self._graph, buffer, status
            )
            library.check(status)
            return read_buffer(buffer)
        finally:
            library.DeleteBuffer(buffer)
            library.DeleteSessionOptions(options)
            library.DeleteStatus(status)

    def function(
        self, feeds: Sequence[str], fetches: Sequence[str], in_callers_thread: bool = False
    ) -> Run:
        """Resolve names once for many runs.

        Args:
            feeds: Names of the tensors to feed, such as `x:0`.
            fetches: Names of the tensors to fetch.
            in_callers_thread: Run without TensorFlow's threads: less work for runs of well under a
                millisecond, but a timeout is noticed at their end only.

        Returns:
            A function from arrays, and a timeout in milliseconds or None, to arrays; any number of
            threads may call it at once. It raises ServingError with TensorFlow's code.

        Raises:
            ServingError: INVALID_ARGUMENT, if the graph has no such tensor.
        """
        library, session = self._library, self._session
        inputs, outputs = self._outputs(feeds), self._outputs(fetches)
        pool = _CALLERS_THREAD if in_callers_thread else _SHARED_POOL

        def run(arrays: Sequence[Array], timeout_ms: int | None = None) -> list[Array]:
            call = _Call(library, arrays, len(fetches))
            try:
                call.set_options(pool, timeout_ms)
                return call.run(session, inputs, outputs)
            finally:
                call.release()

        return run

    def close(self) -> None:
        """Free everything; no run may be under way or follow."""
        library, status = self._library, self._library.NewStatus()
        if self._session:
            library.CloseSession(self._session, status)
            library.DeleteSession(self._session, status)
            self._session = None
        if self._graph:
            library.DeleteGraph(self._graph)
            self._graph = None
        library.DeleteStatus(status)
        return_free_memory()

    def _outputs(self, names: Sequence[str]) -> Any:
        array = (Output * len(names))()
        for position, name in enumerate(names):
            operation, _, index = name.partition(":")
            handle = self._library.GraphOperationByName(self._graph, operation.encode())
            if not handle:
                raise ServingError(
                    Code.INVALID_ARGUMENT, f"Tensor {name} is not found in the model's graph"
                )
            array[position] = Output(handle, int(index or 0))
        return array


class _Call:
    """The tensors of one run; `release` frees them whatever happened."""

    def __init__(self, library: Library, arrays: Sequence[Array], fetches: int) -> None:
        self._library = library
        self._arrays = arrays
        self._fed = (ctypes.c_void_p * len(arrays))()
        self._fetched = (ctypes.c_void_p * fetches)()
        self._status = library.NewStatus()
        self._run_options: Any = None

    def set_options(self, pool: int, timeout_ms: int | None) -> None:
        if pool == _SHARED_POOL and timeout_ms is None:
            return
        options = load_protos().config_pb2.RunOptions(
            timeout_in_ms=timeout_ms or 0, inter_op_thread_pool=pool
        )
        content = options.SerializeToString()
        self._run_options = self._library.NewBufferFromString(content, len(content))

    def run(self, session: Any, inputs: Any, outputs: Any) -> list[Array]:
        library = self._library
        for position, array in enumerate(self._arrays):
            self._fed[position] = to_tensor(library, array)
        library.SessionRun(
            session,
            self._run_options,
            inputs,
            self._fed,
            len(self._fed),
            outputs,
            self._fetched,
            len(self._fetched),
            None,
            0,
            None,
            self._status,
        )
        library.check(self._status)
        return [to_array(library, tensor) for tensor in self._fetched]

    def release(self) -> None:
        for tensor in (*self._fed, *self._fetched):
            if tensor:
                self._library.DeleteTensor(tensor)
        if self._run_options:
            self._library.DeleteBuffer(self._run_options)
        self._library.DeleteStatus(self._status)
