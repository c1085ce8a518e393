"""Finds TensorFlow's shared libraries and declares the functions of its C API that serving uses.

The Python package is not imported: that takes seconds and hundreds of megabytes, and it would hold
the interpreter's lock while a model is loaded.

Source:
    TensorFlow, `tensorflow/c/c_api.h`, `tf_tensor.h`, `tf_status.h`, `tf_tstring.h`: the stable API
    of the libraries in the package `tensorflow`.
"""

import ctypes
import functools
import logging
from contextlib import nullcontext
from ctypes import (
    CDLL,
    POINTER,
    RTLD_GLOBAL,
    PyDLL,
    Structure,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_void_p,
)
from pathlib import Path
from typing import Any

from bert_aas.contracts.processes.start_up_messages import start_up_messages_left_out
from serving.errors import Code, ServingError
from serving.runtime.protos import package_folder
from serving.runtime.tensorflow_releases import symbols_must_be_global
from serving.settings import silence_tensorflow

logger = logging.getLogger(__name__)

_NAMES = ("libtensorflow_framework.{}", "libtensorflow_cc.{}")
_SUFFIXES = ("so.2", "2.dylib")


class Output(Structure):
    """`TF_Output`: one output of an operation of a graph."""

    _fields_ = (("operation", c_void_p), ("index", c_int))


class Buffer(Structure):
    """`TF_Buffer`: bytes that TensorFlow owns."""

    _fields_ = (("data", c_void_p), ("length", c_size_t), ("deallocator", c_void_p))


_TENSORS = (POINTER(Output), POINTER(c_void_p), c_int)  # which, their values, how many
# Calls that may take long: the interpreter's lock is released.
_LONG: dict[str, tuple[Any, list[Any]]] = {
    "TF_LoadSessionFromSavedModel": (
        c_void_p,
        [c_void_p, c_void_p, c_char_p, POINTER(c_char_p), c_int, c_void_p, c_void_p, c_void_p],
    ),
    "TF_SessionRun": (
        None,
        [c_void_p, c_void_p, *_TENSORS, *_TENSORS, c_void_p, c_int, c_void_p, c_void_p],
    ),
    "TF_CloseSession": (None, [c_void_p, c_void_p]),
    "TF_DeleteSession": (None, [c_void_p, c_void_p]),
    "TF_DeleteGraph": (None, [c_void_p]),
    "TF_LoadLibrary": (c_void_p, [c_char_p, c_void_p]),
}
# Calls of nanoseconds: giving the lock away and asking for it again would cost more than they do.
_SHORT: dict[str, tuple[Any, list[Any]]] = {
    "TF_NewStatus": (c_void_p, []),
    "TF_DeleteStatus": (None, [c_void_p]),
    "TF_GetCode": (c_int, [c_void_p]),
    "TF_Message": (c_char_p, [c_void_p]),
    "TF_Version": (c_char_p, []),
    "TF_NewGraph": (c_void_p, []),
    "TF_GraphOperationByName": (c_void_p, [c_void_p, c_char_p]),
    "TF_NewSessionOptions": (c_void_p, []),
    "TF_SetConfig": (None, [c_void_p, c_void_p, c_size_t, c_void_p]),
    "TF_DeleteSessionOptions": (None, [c_void_p]),
    "TF_NewBuffer": (c_void_p, []),
    "TF_NewBufferFromString": (c_void_p, [c_void_p, c_size_t]),
    "TF_DeleteBuffer": (None, [c_void_p]),
    "TF_AllocateTensor": (c_void_p, [c_int, POINTER(c_int64), c_int, c_size_t]),
    "TF_DeleteTensor": (None, [c_void_p]),
    "TF_TensorType": (c_int, [c_void_p]),
    "TF_NumDims": (c_int, [c_void_p]),
    "TF_Dim": (c_int64, [c_void_p, c_int]),
    "TF_TensorData": (c_void_p, [c_void_p]),
    "TF_StringInit": (None, [c_void_p]),
    "TF_StringCopy": (None, [c_void_p, c_char_p, c_size_t]),
    "TF_StringGetDataPointer": (c_void_p, [c_void_p]),
    "TF_StringGetSize": (c_size_t, [c_void_p]),
}


class Library:
    """The C API; each function of the tables above is an attribute without its `TF_`."""

    def __init__(self, files: list[Path]) -> None:
        """Open the libraries.

        Args:
            files: Their files; a function is taken from the last one that has it.
        """
        # Local symbols (the default): these libraries bring their own copy of protobuf's code,
        # which must not replace the one in Python's protobuf, where that is in C++, too.
        self._declare([CDLL(str(file)) for file in files], _LONG)
        self._declare([PyDLL(str(file)) for file in files], _SHORT)
        if symbols_must_be_global(self.Version()):
            for file in files:
                CDLL(str(file), mode=RTLD_GLOBAL)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The C API has no function TF_{name} that serving declares.")

    def check(self, status: Any) -> None:
        """Raise what a status holds.

        Args:
            status: A `TF_Status`.

        Raises:
            ServingError: With TensorFlow's code and message, unless the status is OK.
        """
        code = self.GetCode(status)
        if code:
            message = self.Message(status).decode("utf-8", "replace")
            raise ServingError(Code(code), message)

    def _declare(self, libraries: list[Any], functions: dict[str, tuple[Any, list[Any]]]) -> None:
        for name, (result, arguments) in functions.items():
            function = next(f for library in libraries[::-1] if (f := _find(library, name)))
            function.restype = result
            function.argtypes = arguments
            setattr(self, name.removeprefix("TF_"), function)


def _find(library: Any, name: str) -> Any:
    try:
        return getattr(library, name)
    except AttributeError:
        return None


@functools.cache
def load_library() -> Library:
    """Load TensorFlow, and TF Text's operations if that is installed: text models contain them.

    Returns:
        The C API.

    Raises:
        ServingError: FAILED_PRECONDITION, if TensorFlow is not installed or cannot be loaded.
    """
    folder = package_folder()
    is_mute = silence_tensorflow()
    try:
        with start_up_messages_left_out() if is_mute else nullcontext():
            library = Library([_file(folder, name) for name in _NAMES])
    except (OSError, StopIteration) as exc:
        raise ServingError(
            Code.FAILED_PRECONDITION, f"TensorFlow in {folder} cannot be loaded: {exc}"
        ) from exc
    _load_text_operations(library)
    return library


def _file(folder: Path, name: str) -> Path:
    candidates = [folder / name.format(suffix) for suffix in _SUFFIXES]
    return next((file for file in candidates if file.is_file()), candidates[0])


def _load_text_operations(library: Library) -> None:
    try:
        folder = package_folder("tensorflow_text")
    except ServingError:
        logger.info("tensorflow-text is not installed; models with its operations cannot load.")
        return
    status = library.NewStatus()
    try:
        for file in sorted((folder / "python" / "ops").glob("*.so")):
            library.LoadLibrary(bytes(file), status)
            library.check(status)
    except ServingError as exc:
        logger.warning("Operations of tensorflow-text cannot be loaded: %s", exc.message)
    finally:
        library.DeleteStatus(status)


def return_free_memory() -> None:
    """Give freed memory back to the system; glibc keeps what a closed session leaves in pieces."""
    trim = _find(CDLL(None), "malloc_trim")  # glibc alone has it
    if trim is not None:
        trim(0)


def read_buffer(buffer: Any) -> bytes:
    """Return the content of a `TF_Buffer`."""
    content = ctypes.cast(buffer, POINTER(Buffer)).contents
    return ctypes.string_at(content.data, content.length)
