"""Make a process wait before a function: see `tests.e2e.holding`.

Python imports a module of this name whenever it starts, here where the folder is in PYTHONPATH.
"""

import contextlib
import functools
import importlib.util
import operator
import os
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

LOOK_AGAIN_S = 0.05


class _Finder(MetaPathFinder):
    """Finds the module of the function once, and changes it as soon as it is loaded."""

    def __init__(self, module: str, function: str, folder: Path) -> None:
        self._module, self._function, self._folder = module, function, folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec is not None
        loader: Any = spec.loader
        execute = loader.exec_module

        def execute_and_change(module: ModuleType) -> None:
            execute(module)
            self._change(module)

        loader.exec_module = execute_and_change
        return spec

    def _change(self, module: ModuleType) -> None:
        owner_name, _, name = self._function.rpartition(".")
        owner = operator.attrgetter(owner_name)(module) if owner_name else module
        function = getattr(owner, name)

        @functools.wraps(function)
        def held(*arguments: Any, **named: Any) -> Any:
            with contextlib.suppress(FileNotFoundError):  # nobody is held any more
                (self._folder / str(os.getpid())).touch()
            while self._folder.is_dir():
                time.sleep(LOOK_AGAIN_S)
            return function(*arguments, **named)

        setattr(owner, name, held)


if "HELD_BEFORE" in os.environ:
    MODULE, _, FUNCTION = os.environ["HELD_BEFORE"].partition(":")
    sys.meta_path.insert(0, _Finder(MODULE, FUNCTION, Path(os.environ["HELD_IN"])))
