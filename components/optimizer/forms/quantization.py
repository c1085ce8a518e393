"""Store the weights of a converted model in 8 bits, with NNCF."""

import contextlib
import io
import logging
import sys
from collections.abc import Iterator

import openvino

_TELEMETRY = "openvino_telemetry"


def quantize_weights(model: openvino.Model) -> openvino.Model:
    """Round every matrix of weights to 8-bit integers, each output channel with its own range.

    Args:
        model: The converted model; it may be changed.

    Returns:
        The quantized model; OpenVINO multiplies in integers where the CPU can.

    Raises:
        ImportError: If NNCF is not installed.
        RuntimeError: If NNCF cannot quantize this model.
    """
    with _without_telemetry(), contextlib.redirect_stdout(io.StringIO()):  # it draws progress bars
        import nncf  # noqa: PLC0415 - takes a second, and the Optimizer works without it

        nncf.set_log_level(logging.WARNING)
        try:
            return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_ASYM)
        except (nncf.InternalError, nncf.UnsupportedModelError, nncf.ValidationError) as exc:
            raise RuntimeError(str(exc)) from exc


@contextlib.contextmanager
def _without_telemetry() -> Iterator[None]:
    """Let NNCF find no package to report its use over the network with."""
    before = {_TELEMETRY: sys.modules[_TELEMETRY]} if _TELEMETRY in sys.modules else {}
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_TELEMETRY]
        sys.modules.update(before)
