"""Store the weights of a converted model in 8 bits, with NNCF."""

import contextlib
import io
import logging

import openvino


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
    with contextlib.redirect_stdout(io.StringIO()):  # it draws progress bars
        import nncf  # noqa: PLC0415 - takes a second, and the Optimizer works without it

        nncf.set_log_level(logging.WARNING)
        try:
            return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_ASYM)
        except (nncf.InternalError, nncf.UnsupportedModelError, nncf.ValidationError) as exc:
            raise RuntimeError(str(exc)) from exc
