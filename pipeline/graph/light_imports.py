"""Import TFX's launcher without what most nodes never use.

Without this, every node's process loads all components of TFX (with TFMA and a Kubernetes client)
and TensorFlow before it knows whether it has anything to do.
"""

import contextlib
import importlib
import sys
from collections.abc import Iterator

from components.late_packages import execute_late

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
