"""Loads `model.tflite` from a version folder.

Source:
    TensorFlow Serving, `servables/tensorflow/tflite_session.cc`, `saved_model_bundle_factory.cc`.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from serving.errors import NotFoundError
from serving.servables.model import Array, Arrays, LoadedModel
from serving.servables.saved_model import to_signature
from serving.tflite import TFLITE_FILE
from serving.tflite.interpreter import Interpreter, InterpreterPool, try_to_load
from serving.tflite.signatures import signature_defs

TFLITE = "tflite"


def load_tflite_model(name: str, version: int, path: Path) -> LoadedModel:
    """Load one version folder.

    Args:
        name: The model's name.
        version: The version's number.
        path: Folder with `model.tflite`.

    Returns:
        The model, ready to be called from several threads at once.

    Raises:
        ServingError: If it cannot be loaded.
    """
    file = path / TFLITE_FILE
    content = _read(file)
    try_to_load(file)
    first = Interpreter(content)
    protos = signature_defs(content, first.inputs, first.outputs)
    runner = _Runner(InterpreterPool(content, first, os.cpu_count() or 1), protos)
    signatures = {key: to_signature(key, proto) for key, proto in protos.items()}
    return LoadedModel(name, version, signatures, protos, runner.run, engine=TFLITE)


def _read(file: Path) -> bytes:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would be waited for
            raise NotFoundError(f"{file} is no regular file.")
        return file.read_bytes()
    except OSError as exc:
        raise NotFoundError(f"{file} cannot be read: {exc.strerror}.") from exc


class _Runner:
    """Runs the signatures of one model."""

    def __init__(self, pool: InterpreterPool, protos: Mapping[str, Any]) -> None:
        self._pool = pool
        self._protos = protos

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        """Run a signature; see `RunSignature`."""
        proto = self._protos[name]
        fed = {proto.inputs[alias].name: array for alias, array in inputs.items()}
        wanted = [proto.outputs[alias].name for alias in outputs]
        with self._pool.interpreter(deadline) as interpreter:
            arrays = interpreter.run(fed, wanted)
        return dict(zip(outputs, arrays, strict=True))
