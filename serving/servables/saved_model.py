"""Loads SavedModel folders into sessions of the C++ runtime."""

import contextlib
import stat
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving.errors import Code, DeadlineExceededError, NotFoundError, ServingError
from serving.files.fingerprint import GRAPHS
from serving.runtime.dtypes import BY_NUMBER
from serving.runtime.protos import load_protos
from serving.runtime.session import Run, Session, SessionOptions, load_session
from serving.runtime.tensor_proto import to_array
from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec

DEFAULT_TAGS = ("serve",)
_INVALID = 0  # `DT_INVALID`: an operation without a value, such as the one that initializes tables
_VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable"})
_TOKENIZERS = frozenset({"tokenize", "tokenize_examples"})
_FEW_TEXTS = 64  # are tokenized in less time than TensorFlow's threads take to share them
_MAX_CACHED = 64
_MS = 1000


def load_saved_model(
    name: str,
    version: int,
    path: Path,
    tags: Sequence[str] = DEFAULT_TAGS,
    options: SessionOptions | None = None,
) -> LoadedModel:
    """Load one version folder.

    Args:
        name: The model's name.
        version: The version's number.
        path: Folder with `saved_model.pb` and `variables/`.
        tags: Tags of the meta graph to load.
        options: Threads and memory of its session.

    Returns:
        The model, ready to be called from several threads at once.

    Raises:
        ServingError: With TensorFlow's code and message, if it cannot be loaded; NOT_FOUND, if the
            graph is no regular file, or the model has variables but the folder has none.
    """
    _refuse_pipes(path)
    session, meta_graph = load_session(path, tags, options or SessionOptions())
    try:
        signature_defs = _read_signature_defs(meta_graph, path)
        signatures = {
            key: to_signature(key, proto)
            for key, proto in signature_defs.items()
            if _is_callable(proto)
        }
    except BaseException:
        session.close()
        raise
    runner = _Runner(session, signature_defs)
    return LoadedModel(name, version, signatures, signature_defs, runner.run, session.close)


def _refuse_pipes(path: Path) -> None:
    """Refuse a pipe or socket as graph: TensorFlow would wait for its writer for ever."""
    for file in (path / name for name in GRAPHS):
        with contextlib.suppress(OSError):  # TensorFlow says what it cannot open
            mode = file.stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise NotFoundError(f"{file} is no regular file.")


def _read_signature_defs(serialized: bytes, path: Path) -> dict[str, Any]:
    protos = load_protos().meta_graph_pb2
    meta_graph = protos.MetaGraphDef.FromString(serialized)
    _require_variables(meta_graph, path)
    return {  # copies: a part of a message keeps the whole of it, graph and all
        key: protos.SignatureDef.FromString(proto.SerializeToString())
        for key, proto in meta_graph.signature_def.items()
    }


def _require_variables(meta_graph: Any, path: Path) -> None:
    """Refuse a half-copied folder; TensorFlow would restore nothing and not mind."""
    if (path / "variables" / "variables.index").is_file():
        return
    if any(node.op in _VARIABLES for node in meta_graph.graph_def.node):
        raise NotFoundError(
            f"{path} has no variables/variables.index, but the model has variables; is the folder "
            "complete?"
        )


def _is_callable(proto: Any) -> bool:
    infos = (*proto.inputs.values(), *proto.outputs.values())
    return all(info.dtype != _INVALID and info.WhichOneof("encoding") == "name" for info in infos)


def to_signature(name: str, proto: Any) -> Signature:
    """Make a signature of its message.

    Args:
        name: Its key.
        proto: A `SignatureDef`.

    Returns:
        The signature.
    """
    defaults = getattr(proto, "defaults", {})  # protos before TensorFlow 2.13 have none
    return Signature(
        name,
        _to_specs(proto.inputs),
        _to_specs(proto.outputs),
        proto.method_name,
        {alias: to_array(alias, tensor) for alias, tensor in defaults.items()},
    )


def _to_specs(infos: Mapping[str, Any]) -> dict[str, TensorSpec]:
    return {alias: _to_spec(infos[alias]) for alias in sorted(infos)}  # proto maps have no order


def _to_spec(info: Any) -> TensorSpec:
    dtype = BY_NUMBER.get(info.dtype)
    if dtype is None:
        number_of = load_protos().types_pb2.DataType
        name = number_of.Name(info.dtype).removeprefix("DT_").lower()
        return TensorSpec(name, np.dtype(np.void), info.name)
    return TensorSpec(dtype.name, dtype.numpy_dtype, info.name)


class _Runner:
    """Runs the signatures of one session."""

    def __init__(self, session: Session, signature_defs: Mapping[str, Any]) -> None:
        self._session = session
        self._signature_defs = signature_defs
        self._functions: dict[tuple[Any, ...], Run] = {}

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        """Run a signature; see `RunSignature`."""
        aliases = sorted(inputs)
        fed = [inputs[alias] for alias in aliases]
        is_short = name in _TOKENIZERS and all(array.size <= _FEW_TEXTS for array in fed)
        function = self._function(name, aliases, outputs, is_short)
        timeout_ms = _timeout_ms(deadline)
        try:
            arrays = function(fed, timeout_ms)
        except ServingError as exc:
            if exc.code is not Code.DEADLINE_EXCEEDED or deadline is None:
                raise
            raise DeadlineExceededError("The deadline passed while the model was running.") from exc
        return dict(zip(outputs, arrays, strict=True))

    def _function(
        self, name: str, aliases: Sequence[str], outputs: Sequence[str], is_short: bool
    ) -> Run:
        key = (name, is_short, *outputs)
        function = self._functions.get(key)
        if function is None:
            proto = self._signature_defs[name]
            function = self._session.function(
                [proto.inputs[alias].name for alias in aliases],
                [proto.outputs[alias].name for alias in outputs],
                is_short,
            )
            if len(self._functions) < _MAX_CACHED:  # clients choose the outputs
                self._functions[key] = function
        return function


def _timeout_ms(deadline: float | None) -> int | None:
    if deadline is None:
        return None
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise DeadlineExceededError("The request's deadline passed before it could run.")
    return max(1, int(left_s * _MS))
