"""The messages of `ProfilerService`, which no Python package has; fields that are read or written.

Source:
    TensorFlow, `tsl/profiler/protobuf/profiler_service.proto`, `profiler_options.proto`.
"""

import functools
import types
from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool

from serving.runtime.message_classes import message_class

PACKAGE = "tensorflow"
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _FIELD.TYPE_BOOL,
    "bytes": _FIELD.TYPE_BYTES,
    "string": _FIELD.TYPE_STRING,
    "uint32": _FIELD.TYPE_UINT32,
    "uint64": _FIELD.TYPE_UINT64,
}
# Name: fields by their name, as (type, number).
_MESSAGES: Mapping[str, Mapping[str, tuple[str, int]]] = {
    "ProfileOptions": {"version": ("uint32", 5), "host_tracer_level": ("uint32", 2)},
    "ProfileRequest": {
        "duration_ms": ("uint64", 1),
        "opts": ("ProfileOptions", 4),
        "session_id": ("string", 6),
    },
    "ProfileToolData": {"name": ("string", 1), "data": ("bytes", 2)},
    "ProfileResponse": {"tool_data": ("repeated ProfileToolData", 6), "empty_trace": ("bool", 7)},
    "TerminateRequest": {"session_id": ("string", 1)},
    "TerminateResponse": {},
}


@functools.cache
def profiler_messages() -> Any:
    """Build the message classes.

    Returns:
        A namespace with one attribute per message.
    """
    pool = descriptor_pool.DescriptorPool()  # of their own: TensorFlow may bring the same names
    pool.Add(_file())
    return types.SimpleNamespace(
        **{name: message_class(pool, f"{PACKAGE}.{name}") for name in _MESSAGES}
    )


def _file() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="bert_aas/serving/profiler_service.proto", package=PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, (kind, number) in fields.items():
            _add_field(message.field.add(name=field_name, number=number), kind)
    return file


def _add_field(field: Any, kind: str) -> None:
    type_name = kind.removeprefix("repeated ")
    field.label = field.LABEL_REPEATED if type_name != kind else field.LABEL_OPTIONAL
    if type_name in _SCALARS:
        field.type = _SCALARS[type_name]
    else:
        field.type, field.type_name = field.TYPE_MESSAGE, f".{PACKAGE}.{type_name}"
