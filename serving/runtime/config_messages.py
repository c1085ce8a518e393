"""The messages of TensorFlow Serving's configuration files that its Python package leaves out.

Only their text form is read, so field numbers are ours.

Source:
    TensorFlow Serving, `config/monitoring_config.proto`, `config/ssl_config.proto`,
    `servables/tensorflow/session_bundle_config.proto` (names and types of the fields).
"""

import functools
import types
from pathlib import Path
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    text_format,
    wrappers_pb2,
)

from serving.errors import SettingsError
from serving.runtime.message_classes import message_class

_PACKAGE = "bert_aas.serving"
_FIELDS: dict[str, dict[str, str]] = {
    "PrometheusConfig": {"enable": "bool", "path": "string"},
    "MonitoringConfig": {"prometheus_config": "PrometheusConfig"},
    "SSLConfig": {
        "server_key": "string",
        "server_cert": "string",
        "custom_ca": "string",
        "client_verify": "bool",
    },
    "BatchingParameters": {
        "max_batch_size": "Int64Value",
        "batch_timeout_micros": "Int64Value",
        "max_enqueued_batches": "Int64Value",
        "num_batch_threads": "Int64Value",
        "thread_pool_name": "StringValue",
        "allowed_batch_sizes": "repeated int64",
        "pad_variable_length_inputs": "bool",
        "enable_large_batch_splitting": "BoolValue",
        "max_execution_batch_size": "Int64Value",
    },
}
_SCALARS = {
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
}


@functools.cache
def config_messages() -> Any:
    """Build the message classes.

    Returns:
        A namespace with `MonitoringConfig`, `SSLConfig` and `BatchingParameters`.
    """
    pool = descriptor_pool.DescriptorPool()
    wrappers = descriptor_pb2.FileDescriptorProto()
    wrappers_pb2.DESCRIPTOR.CopyToProto(wrappers)
    pool.Add(wrappers)
    pool.Add(_file())
    names = ("MonitoringConfig", "SSLConfig", "BatchingParameters")
    return types.SimpleNamespace(
        **{name: message_class(pool, f"{_PACKAGE}.{name}") for name in names}
    )


def read_config(path: Path, name: str) -> Any:
    """Read a configuration file.

    Args:
        path: The file, a message in text form.
        name: The message's name, with its article for the error: `an SSLConfig`.

    Returns:
        The message.

    Raises:
        SettingsError: If the file cannot be read or is no such message; the text names it.
    """
    message = getattr(config_messages(), name.rsplit(maxsplit=1)[-1])()
    try:
        text_format.Parse(path.read_text(encoding="utf-8-sig"), message)
    except OSError as exc:
        raise SettingsError(f"{path} cannot be read: {exc.strerror}.") from exc
    except (text_format.ParseError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path} is not {name} in text form: {exc}") from exc
    return message


def _file() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="bert_aas/serving/config.proto",
        package=_PACKAGE,
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for number, (field_name, kind) in enumerate(fields.items(), start=1):
            _add_field(message.field.add(name=field_name, number=number), kind)
    return file


def _add_field(field: Any, kind: str) -> None:
    type_name = kind.removeprefix("repeated ")
    field.label = field.LABEL_REPEATED if type_name != kind else field.LABEL_OPTIONAL
    if type_name in _SCALARS:
        field.type = _SCALARS[type_name]
        return
    field.type = field.TYPE_MESSAGE
    package = _PACKAGE if type_name in _FIELDS else "google.protobuf"
    field.type_name = f".{package}.{type_name}"
