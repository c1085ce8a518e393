"""TensorFlow Lite models with known maths."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flatbuffers import Builder, flexbuffers

from serving.runtime.protos import import_without_initialization
from tests.serving import exporter


@pytest.fixture(scope="session")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """y = x/2 + 2, beside a SavedModel with y = x/2 + 3."""
    folder = tmp_path_factory.mktemp("half") / "1"
    tf = exporter.load_tensorflow()
    exporter.export_half_plus(folder, 3.0)
    _convert(folder, lambda x: {"y": x / 2 + 2.0}, [tf.TensorSpec([None, 1], tf.float32, name="x")])
    return folder


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Row sums of the int32 `a`, twice the sums, and the strings `t`."""
    folder = tmp_path_factory.mktemp("texts") / "1"
    folder.mkdir()
    tf = exporter.load_tensorflow()

    def compute(t: Any, a: Any) -> Mapping[str, Any]:
        total = tf.reduce_sum(a, axis=1)
        return {"t": tf.identity(t), "total": total, "twice": 2 * total}

    specs = [
        tf.TensorSpec([None], tf.string, name="t"),
        tf.TensorSpec([None, 2], tf.int32, name="a"),
    ]
    _convert(folder, compute, specs)
    return folder


def add_signatures(content: bytes, protos: Mapping[str, bytes]) -> bytes:
    """Write signatures into a model as TensorFlow Serving looks for them."""
    schema = import_without_initialization("tensorflow.lite.python.schema_py_generated")
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    values = flexbuffers.Builder()
    with values.Map():
        for name, proto in protos.items():
            values.Key(name)
            values.String(proto.decode("ascii"))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = list(values.Finish())
    entry.name, entry.buffer = b"signature_defs_metadata", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _convert(folder: Path, function: Any, specs: list[Any]) -> None:
    tf = exporter.load_tensorflow()
    concrete = tf.function(function, input_signature=specs).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module())
    (folder / "model.tflite").write_bytes(converter.convert())
