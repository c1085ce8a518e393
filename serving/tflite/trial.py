"""Loads a model in a process of its own, because TensorFlow Lite crashes on a damaged file.

Run as a script of its own, `trial.py EXTENSION MODEL`. Exit code 0: the model can be loaded.
"""

import importlib.util
import sys
from pathlib import Path


def main(name: str, extension: str, file: str) -> None:
    """Make an interpreter, with room for its tensors.

    Args:
        name: Full name of the module with the interpreter.
        extension: Its file.
        file: The model's.
    """
    spec = importlib.util.spec_from_file_location(name, extension)
    assert spec is not None and spec.loader is not None  # noqa: PT018, S101 - it was loaded before
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.CreateWrapperFromBuffer(Path(file).read_bytes(), 1, [], False, False).AllocateTensors(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
