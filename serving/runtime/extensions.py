"""Loads single extension modules of the package `tensorflow`, without the package itself."""

import importlib.util
import sys
import threading
from typing import Any

from serving.errors import Code, ServingError
from serving.runtime.protos import package_folder

_loading = threading.Lock()


def load_extension(name: str) -> Any:
    """Load an extension module, or return the one that is loaded already.

    Args:
        name: Its full name, such as `tensorflow.python.x._y`.

    Returns:
        The module.

    Raises:
        ServingError: FAILED_PRECONDITION, if the installed TensorFlow has none that can be loaded.
    """
    with _loading:  # the types of an extension can be registered once per process
        if name not in sys.modules:
            sys.modules[name] = _load(name)
        return sys.modules[name]


def _load(name: str) -> Any:
    file = package_folder().joinpath(*name.split(".")[1:]).with_suffix(".so")
    spec = importlib.util.spec_from_file_location(name, file)
    try:
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} is no module of Python")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError as exc:
        raise ServingError(
            Code.FAILED_PRECONDITION, f"The installed TensorFlow has no {name}: {exc}."
        ) from exc
    return module
