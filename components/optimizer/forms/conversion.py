"""Turn the `tokens` signature of a SavedModel into OpenVINO's own format."""

import tempfile
from pathlib import Path
from typing import Any

import openvino
from openvino import frontend
from openvino.frontend import FrontEndManager
from tensorflow.core.protobuf import saved_model_pb2

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from components.optimizer.messages import brief

SIGNATURE = "tokens"
_CONVERTED = "serving_default"
_FAILURES = (
    frontend.GeneralFailure,
    frontend.InitializationFailure,
    frontend.NotImplementedFailure,
    frontend.OpConversionFailure,
    frontend.OpValidationFailure,
)


def convert_tokens(folder: Path) -> openvino.Model:
    """Convert the signature `tokens`, with any number of rows and tokens.

    OpenVINO's front end reads one signature of a SavedModel and cannot read the operations on
    texts. So it is given a copy of the graph in which `tokens` is the only one, beside the
    original's variables.

    Args:
        folder: The SavedModel, on this disk.

    Returns:
        The converted model; its inputs and its output have the signature's names.

    Raises:
        InvalidInputError: If the model has no such signature, or operations in it that OpenVINO
            cannot convert.
    """
    proto = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    for graph in proto.meta_graphs:
        _keep_tokens(graph.signature_def)
    with tempfile.TemporaryDirectory() as cut:
        Path(cut, "saved_model.pb").write_bytes(proto.SerializeToString())
        Path(cut, "variables").symlink_to((folder / "variables").absolute())
        # Not `openvino.convert_model`: that reports its use over the network.
        front_end = FrontEndManager().load_by_framework("tf")
        try:
            return front_end.convert(front_end.load(cut))
        except _FAILURES as exc:
            raise InvalidInputError(f"OpenVINO cannot read it: {brief(exc)}") from exc


def save(model: openvino.Model, file: Path, *, compress: bool) -> None:
    """Write a converted model.

    Args:
        model: The model.
        file: The `.xml` to write; a `.bin` with the weights lies beside it.
        compress: Whether weights are stored as float16, in half the bytes.

    Raises:
        UnavailableError: If it cannot be written.
    """
    try:
        openvino.save_model(model, file, compress_to_fp16=compress)
    except RuntimeError as exc:  # of a full disk OpenVINO says no more than "iostream error"
        raise UnavailableError(f"{file} cannot be written ({brief(exc)})") from exc


def _keep_tokens(signatures: Any) -> None:
    if SIGNATURE not in signatures:
        raise InvalidInputError(f"the model has no signature {SIGNATURE!r} to convert")
    kept = type(signatures[SIGNATURE])()
    kept.CopyFrom(signatures[SIGNATURE])
    signatures.clear()
    signatures[_CONVERTED].CopyFrom(kept)
