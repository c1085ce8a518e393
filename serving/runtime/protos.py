"""TensorFlow's and TensorFlow Serving's protocol buffers, without TensorFlow.

The generated modules live inside the package `tensorflow`, whose `__init__` takes seconds to import
and is not needed for them. So while they are imported, an empty package of that name with the same
folder takes its place; nothing of it stays behind, and a later `import tensorflow` is the real one.
"""

import contextlib
import functools
import importlib
import importlib.machinery
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving.errors import Code, ServingError
from serving.runtime.config_messages import config_messages

_PACKAGE = "tensorflow"
_MODULES = (
    "tensorflow.core.example.example_pb2",
    "tensorflow.core.framework.tensor_pb2",
    "tensorflow.core.framework.types_pb2",
    "tensorflow.core.protobuf.config_pb2",
    "tensorflow.core.protobuf.meta_graph_pb2",
    "tensorflow_serving.apis.classification_pb2",
    "tensorflow_serving.apis.get_model_metadata_pb2",
    "tensorflow_serving.apis.get_model_status_pb2",
    "tensorflow_serving.apis.inference_pb2",
    "tensorflow_serving.apis.input_pb2",
    "tensorflow_serving.apis.model_management_pb2",
    "tensorflow_serving.apis.model_service_pb2_grpc",
    "tensorflow_serving.apis.predict_pb2",
    "tensorflow_serving.apis.prediction_log_pb2",
    "tensorflow_serving.apis.prediction_service_pb2_grpc",
    "tensorflow_serving.apis.regression_pb2",
    "tensorflow_serving.config.model_server_config_pb2",
)
_importing = threading.Lock()


@functools.cache
def load_protos() -> Any:
    """Import the generated modules.

    Returns:
        A namespace with one attribute per module, such as `predict_pb2`; the messages of the
        configuration files are in `config_messages`.

    Raises:
        ServingError: FAILED_PRECONDITION, if TensorFlow is not installed.
    """
    with _importing, _without_initialization():
        modules = {name.rpartition(".")[2]: importlib.import_module(name) for name in _MODULES}
    return types.SimpleNamespace(**modules, config_messages=config_messages())


def import_without_initialization(name: str) -> Any:
    """Import a module of the package `tensorflow` that does not need its `__init__`.

    Args:
        name: The module's full name.

    Returns:
        The module.

    Raises:
        ServingError: FAILED_PRECONDITION, if TensorFlow is not installed.
    """
    with _importing, _without_initialization():
        return importlib.import_module(name)


def package_folder(name: str = _PACKAGE) -> Path:
    """Return where a package is installed, without importing it.

    Args:
        name: A top-level package.

    Returns:
        Its folder.

    Raises:
        ServingError: FAILED_PRECONDITION, if it is not installed.
    """
    # Not from `sys.modules`: once imported, `tensorflow` adds other folders to its path.
    spec = importlib.machinery.PathFinder.find_spec(name)
    folders = spec.submodule_search_locations if spec is not None else None
    if not folders:
        raise ServingError(
            Code.FAILED_PRECONDITION, f"The package {name} is not installed; the server needs it."
        )
    return Path(next(iter(folders)))


@contextlib.contextmanager
def _without_initialization() -> Iterator[None]:
    """Put an empty package in the place of `tensorflow` unless that is imported already."""
    if _PACKAGE in sys.modules:
        yield
        return
    stand_in = types.ModuleType(_PACKAGE)
    stand_in.__path__ = [str(package_folder())]
    sys.modules[_PACKAGE] = stand_in
    try:
        yield
    finally:
        del sys.modules[_PACKAGE]
