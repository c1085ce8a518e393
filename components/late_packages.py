"""Import single modules of a large package without the package's own imports."""

import importlib
import importlib.util
import sys
from typing import Any


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
