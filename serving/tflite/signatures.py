"""The signatures of a TensorFlow Lite model.

Source:
    TensorFlow, `lite/schema/schema.fbs` (metadata of a model), `lite/tools/signature`;
    TensorFlow Serving, `servables/tensorflow/tflite_session.cc`.
"""

import struct
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf.message import DecodeError

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.runtime.dtypes import BY_NUMPY
from serving.runtime.protos import import_without_initialization, load_protos
from serving.servables.model import DEFAULT_SIGNATURE
from serving.tflite.interpreter import Tensor

_METADATA = b"signature_defs_metadata"
_SCHEMA = "tensorflow.lite.python.schema_py_generated"
_PREDICT = "tensorflow/serving/predict"
# What the readers of both formats and of messages raise where the bytes make no sense.
_BROKEN = (ValueError, TypeError, IndexError, AttributeError, struct.error, DecodeError)


def signature_defs(
    content: bytes, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]
) -> dict[str, Any]:
    """Return the signatures of a model; one over all of its tensors, if it names none.

    Args:
        content: The model's file.
        inputs: Its inputs by the tensor's name.
        outputs: Its outputs by the tensor's name.

    Returns:
        `SignatureDef` messages by name; their tensors are those of the model.

    Raises:
        ServingError: INVALID_ARGUMENT for signatures that cannot be read, INTERNAL for those of
            tensors that the model does not have.
    """
    found = _read(content)
    if not found:
        return {DEFAULT_SIGNATURE: _of_all_tensors(inputs, outputs)}
    for proto in found.values():
        _fix_names("input", proto.inputs, inputs)
        _fix_names("output", proto.outputs, outputs)
    return found


def _read(content: bytes) -> dict[str, Any]:
    try:
        from flatbuffers import flexbuffers  # not needed by other models
    except ImportError as exc:
        raise ServingError(
            Code.FAILED_PRECONDITION, "The package flatbuffers is missing; model.tflite needs it."
        ) from exc
    signature_def = load_protos().meta_graph_pb2.SignatureDef
    try:
        buffer = _metadata(content)
        if buffer is None:
            return {}
        entries = flexbuffers.GetRoot(buffer).AsMap
        return {
            str(name.AsKey): signature_def.FromString(bytes(value.AsStringBytes))
            for name, value in zip(entries.Keys, entries.Values, strict=True)
        }
    except _BROKEN as exc:
        raise InvalidArgumentError(
            f"Invalid SignatureDefs found in TfLite model: {exc or type(exc).__name__}"
        ) from exc


def _metadata(content: bytes) -> bytes | None:
    model = import_without_initialization(_SCHEMA).Model.GetRootAs(content, 0)
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == _METADATA:
            return bytes(model.Buffers(entry.Buffer()).DataAsNumpy())
    return None


def _fix_names(kind: str, infos: Mapping[str, Any], known: Collection[str]) -> None:
    """Let tensors go by the model's names: early converters cut off the `:0` of TensorFlow's."""
    for alias, info in infos.items():
        if info.name not in known:
            info.name = info.name.partition(":")[0]
        if info.name not in known:
            raise ServingError(
                Code.INTERNAL,
                f"Signature {kind} {alias} references an unknown tensor: "
                f"Unknown tensor '{info.name}'.",
            )


def _of_all_tensors(inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]) -> Any:
    proto = load_protos().meta_graph_pb2.SignatureDef(method_name=_PREDICT)
    for infos, tensors in ((proto.inputs, inputs), (proto.outputs, outputs)):
        short = Counter(name.partition(":")[0] for name in tensors)
        for name, tensor in tensors.items():
            alias = name.partition(":")[0]
            info = infos[alias if short[alias] == 1 else name]  # upstream would lose all but one
            info.name, info.dtype = name, BY_NUMPY[tensor.dtype].number
            for length in tensor.shape:
                info.tensor_shape.dim.add().size = length
    return proto
