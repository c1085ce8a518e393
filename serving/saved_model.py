"""Loads SavedModel folders with TensorFlow. TensorFlow is imported when the first one is loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from serving.errors import Code, NotFoundError, ServingError
from serving.model import Array, Arrays, LoadedModel, RunSignature, Signature, TensorSpec
from serving.tensorflow_runtime import load_tensorflow

_SERVE_TAG = "serve"


def load_saved_model(name: str, version: int, path: Path) -> LoadedModel:
    """Load one version folder.

    Args:
        name: The model's name.
        version: The version's number.
        path: Folder with `saved_model.pb` and `variables/`.

    Returns:
        The model, ready to be called from several threads at once.

    Raises:
        NotFoundError: If the folder holds no SavedModel for serving, or only a part of one.
        ServingError: If TensorFlow cannot load it, with TensorFlow's code.
    """
    tf = load_tensorflow()
    signature_defs = _read_signature_defs(path)
    try:
        loaded = tf.saved_model.load(str(path), tags=[_SERVE_TAG])
    except tf.errors.OpError as exc:
        raise ServingError(Code(exc.error_code), str(exc.message)) from exc
    except OSError as exc:  # how TensorFlow reports missing variables
        raise NotFoundError(str(exc)) from exc
    functions = dict(loaded.signatures)
    signatures = {
        key: _to_signature(tf, key, proto)
        for key, proto in signature_defs.items()
        if key in functions
    }
    # `loaded` owns the variables; the runner keeps it alive as long as the model.
    run = _runner(tf, loaded, functions)
    return LoadedModel(name, version, signatures, signature_defs, run)


def _read_signature_defs(path: Path) -> dict[str, Any]:
    """Read the `SignatureDef` protos of the meta graph tagged `serve`."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    file = path / "saved_model.pb"
    if not file.is_file():
        raise NotFoundError(
            f"Could not find SavedModel .pb at supplied export directory path: {path}"
        )
    proto = saved_model_pb2.SavedModel()
    try:
        proto.ParseFromString(file.read_bytes())
    except DecodeError as exc:
        raise ServingError(Code.DATA_LOSS, f"Can't parse {file} as binary proto") from exc
    for meta_graph in proto.meta_graphs:
        if set(meta_graph.meta_info_def.tags) == {_SERVE_TAG}:
            return dict(meta_graph.signature_def)
    raise NotFoundError(
        f"Could not find meta graph def matching supplied tags: {{ {_SERVE_TAG} }} in {file}"
    )


def _to_signature(tf: Any, name: str, proto: Any) -> Signature:
    return Signature(name, _to_specs(tf, proto.inputs), _to_specs(tf, proto.outputs))


def _to_specs(tf: Any, infos: Mapping[str, Any]) -> dict[str, TensorSpec]:
    specs = {}
    for alias in sorted(infos):  # the proto map has no order of its own
        dtype = tf.as_dtype(infos[alias].dtype)
        enum_name = type(infos[alias]).DESCRIPTOR.fields_by_name["dtype"].enum_type
        tf_name = enum_name.values_by_number[infos[alias].dtype].name.removeprefix("DT_").lower()
        specs[alias] = TensorSpec(tf_name, np.dtype(dtype.as_numpy_dtype), infos[alias].name)
    return specs


def _runner(tf: Any, loaded: Any, functions: Mapping[str, Any]) -> RunSignature:
    """Return the function that runs a signature of `loaded` and keeps `loaded` in memory."""

    def run(name: str, inputs: Arrays, _owner: Any = loaded) -> dict[str, Array]:
        try:
            tensors = {alias: tf.constant(array) for alias, array in inputs.items()}
            outputs = functions[name](**tensors)
        except tf.errors.OpError as exc:
            raise ServingError(Code(exc.error_code), str(exc.message)) from exc
        return {alias: _to_array(tensor) for alias, tensor in outputs.items()}

    return run


def _to_array(tensor: Any) -> Array:
    """Return a tensor as an array; NumPy gives strings of rank 0 as bare bytes, so wrap them."""
    dtype = np.dtype(tensor.dtype.as_numpy_dtype)
    return np.asarray(tensor.numpy(), dtype=dtype)
