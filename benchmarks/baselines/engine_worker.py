"""One engine of the baselines' environment, timed by `benchmarks.engines`.

Usage: python -m benchmarks.baselines.engine_worker ENGINE FOLDER THREADS
with a folder of `export_weights`; ENGINE is one of `ENGINES`, or `export` to write `model.onnx` and
`model-int8.onnx` there.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.baselines.engine_protocol import Engine, answer_requests, as_feed, make_tokens

NAMES = ("input_ids", "attention_mask", "token_type_ids")
FP32_FILE, INT8_FILE = "model.onnx", "model-int8.onnx"
OPSET = 17


def main() -> int:
    """Export, or load the engine and answer requests."""
    name, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if name == "export":
        export_onnx(folder)
    else:
        answer_requests(ENGINES[name](folder, threads))
    return 0


def export_onnx(folder: Path) -> None:
    """Write the model for ONNX Runtime and OpenVINO, any batch and length.

    Args:
        folder: As written by `export_weights`.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from benchmarks.baselines.torch_classifier import TorchClassifier

    example = tuple(torch.from_numpy(each) for each in make_tokens(2, 8))
    with torch.inference_mode():
        torch.onnx.export(
            TorchClassifier(folder),
            example,
            str(folder / FP32_FILE),
            input_names=list(NAMES),
            output_names=["probabilities"],
            dynamic_axes={name: {0: "batch", 1: "length"} for name in NAMES},
            opset_version=OPSET,
            dynamo=False,
        )
    quantize_dynamic(folder / FP32_FILE, folder / INT8_FILE, weight_type=QuantType.QInt8)


def load_torch(folder: Path, threads: int, bfloat16: bool) -> Engine:
    """Load PyTorch.

    Args:
        folder: As written by `export_weights`.
        threads: Threads that share one operation.
        bfloat16: Whether weights and activations are bfloat16.

    Returns:
        The engine.
    """
    import torch

    from benchmarks.baselines.torch_classifier import TorchClassifier

    torch.set_num_threads(threads)
    model: Any = TorchClassifier(folder)
    if bfloat16:
        model = model.to(torch.bfloat16)

    def engine(*tokens: Any) -> Any:
        with torch.inference_mode():
            return model(*(torch.from_numpy(each) for each in tokens)).numpy()

    return engine


def load_onnxruntime(folder: Path, threads: int, file: str) -> Engine:
    """Load ONNX Runtime.

    Args:
        folder: Where `export_onnx` has been.
        threads: Threads that share one operation.
        file: The model in it.

    Returns:
        The engine.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        str(folder / file), options, providers=["CPUExecutionProvider"]
    )
    return lambda *tokens: np.asarray(session.run(None, as_feed(NAMES, tokens))[0])


def load_openvino(folder: Path, threads: int, precision: str) -> Engine:
    """Load OpenVINO.

    Args:
        folder: Where `export_onnx` has been.
        threads: Threads that share one operation.
        precision: `f32` or `bf16`, in which the CPU may compute.

    Returns:
        The engine.
    """
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # it reports each import
    import openvino

    options = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": str(threads),
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = openvino.Core().compile_model(str(folder / FP32_FILE), "CPU", options)
    request = compiled.create_infer_request()

    def engine(*tokens: Any) -> Any:
        return next(iter(request.infer(as_feed(NAMES, tokens)).values()))

    return engine


ENGINES = {
    "PyTorch fp32": lambda folder, threads: load_torch(folder, threads, bfloat16=False),
    "PyTorch bf16": lambda folder, threads: load_torch(folder, threads, bfloat16=True),
    "ONNX Runtime fp32": lambda folder, threads: load_onnxruntime(folder, threads, FP32_FILE),
    "ONNX Runtime int8": lambda folder, threads: load_onnxruntime(folder, threads, INT8_FILE),
    "OpenVINO fp32": lambda folder, threads: load_openvino(folder, threads, "f32"),
    "OpenVINO bf16": lambda folder, threads: load_openvino(folder, threads, "bf16"),
}

if __name__ == "__main__":
    raise SystemExit(main())
