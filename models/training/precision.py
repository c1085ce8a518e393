"""Choose the floating-point format of the training's matrix products, and train with it.

TensorFlow rewrites the graph of the training step: matrix products read the narrow format and add
up in float32. The variables stay float32, so that checkpoints and the exported model are the same
whatever was chosen, and any TF-Hub module can be trained: Keras's mixed precision policies do not
reach into a SavedModel.
"""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import tensorflow as tf

from bert_aas.contracts.cpu import has_bfloat16
from bert_aas.contracts.errors import InvalidInputError

Precision = Literal["float32", "bfloat16", "float16"]

_TENSOR_CORES = (7, 0)
_TF32 = (8, 0)
_REWRITES = {
    "bfloat16": "auto_mixed_precision_onednn_bfloat16",
    "float16": "auto_mixed_precision",
}


def choose_precision(wanted: Literal["auto", "float32", "bfloat16", "float16"]) -> Precision:
    """Choose what fits the devices that training runs on.

    `auto` takes bfloat16 on a CPU that multiplies it, float16 on GPUs of compute capability 7.x.
    Newer GPUs multiply float32 as TF32 by default and stay with it.

    Args:
        wanted: `auto`, or a format that the devices must have.

    Returns:
        The format.

    Raises:
        InvalidInputError: If the devices lack the format.

    Source:
        Micikevicius et al. 2018, "Mixed Precision Training", arXiv:1710.03740; Kalamkar et al.
        2019, "A Study of BFLOAT16 for Deep Learning Training", arXiv:1905.12322.
    """
    gpus = tf.config.list_physical_devices("GPU")
    best: Precision = _best_of_gpus(gpus) if gpus else _best_of_cpu()
    if wanted == "auto":
        return best
    if wanted == "float16" and not gpus:
        raise InvalidInputError(
            "train.precision is float16, which needs a GPU, and there is none here; allowed are "
            "auto, float32 and, on CPUs with AVX512-BF16 or AMX, bfloat16."
        )
    if wanted == "bfloat16" and (gpus or best != "bfloat16"):
        raise InvalidInputError(
            "train.precision is bfloat16, which needs training on a CPU with AVX512-BF16 or AMX; "
            f"allowed here are auto, float32{' and float16' if gpus else ''}."
        )
    return wanted


@contextmanager
def training_in(precision: Precision) -> Iterator[None]:
    """Let TensorFlow rewrite the graphs that run in this block, and no others after it.

    Args:
        precision: As chosen by `choose_precision`.

    Yields:
        Nothing.
    """
    before = tf.config.optimizer.get_experimental_options()
    rewrites = {name: name == _REWRITES.get(precision) for name in _REWRITES.values()}
    tf.config.optimizer.set_experimental_options(rewrites)
    try:
        yield
    finally:
        unset = dict.fromkeys(rewrites, False)
        tf.config.optimizer.set_experimental_options(unset | before)


def _best_of_gpus(gpus: list[Any]) -> Precision:
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    capabilities = [detail.get("compute_capability", (0, 0)) for detail in details]
    return "float16" if all(_TENSOR_CORES <= found < _TF32 for found in capabilities) else "float32"


def _best_of_cpu() -> Precision:
    # The graph rewrite is oneDNN's, which TensorFlow uses on x86 alone.
    on_x86 = platform.machine() in {"x86_64", "AMD64"}
    return "bfloat16" if on_x86 and has_bfloat16() else "float32"
