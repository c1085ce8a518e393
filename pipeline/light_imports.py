"""Import TFX's launcher without what most nodes never use.

Without this, every node's process loads all components of TFX (with TFMA and a Kubernetes client)
and TensorFlow before it knows whether it has anything to do.
"""

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

_LATE_PACKAGES = ("tfx.components", "tensorflow_model_analysis")
_TENSORFLOW = "tensorflow"


def import_launcher(*, remote_files: bool) -> None:
    """Import TFX's launcher.

    Args:
        remote_files: Whether artifacts lie in a storage that TFX reads through TensorFlow.
    """
    for package in _LATE_PACKAGES:
        execute_late(package)
    with contextlib.nullcontext() if remote_files else _without_tensorflow():
        importlib.import_module("tfx.orchestration.portable.launcher")


def execute_late(name: str) -> None:
    """Import a package whose own `__init__` waits until somebody needs a name of it.

    Its modules can be imported meanwhile, one by one.

    Args:
        name: Dotted name of the package.

    Raises:
        ModuleNotFoundError: If there is no such package.
    """
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    package, loader = importlib.util.module_from_spec(spec), spec.loader

    def load(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        del package.__dict__["__getattr__"]
        loader.exec_module(package)
        return getattr(package, attribute)

    package.__dict__["__getattr__"] = load
    sys.modules[name] = package
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(importlib.import_module(parent), child, package)


@contextlib.contextmanager
def _without_tensorflow() -> Iterator[None]:
    """Make TFX believe that there is no TensorFlow: it then reads local files by itself."""
    if _TENSORFLOW in sys.modules:
        yield
        return
    sys.modules[_TENSORFLOW] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_TENSORFLOW]
