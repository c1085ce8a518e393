"""Which forms of the converted model are worth a trial on this CPU."""

from dataclasses import dataclass

import openvino

from bert_aas.contracts.cpu import has_vnni

ANY_CPU = "f32"
GROUP_SIZE = 128
"""The fastest of 32, 128 and 384 for MiniLM; the widths of BERT's layers are multiples of it."""

_DEVICE = "CPU"


@dataclass(frozen=True)
class Candidate:
    """A form of the model to be measured.

    Attributes:
        name: What people call it, such as `int8-bf16`.
        precision: Of the arithmetic that is not in integers, as OpenVINO names it.
        file: Name of the model's file.
        group_size: For matrix products in 8-bit integers, how many neighbouring values of a row
            share a scale; None without integers.
    """

    name: str
    precision: str
    file: str
    group_size: int | None = None


def float_candidates(file: str) -> tuple[Candidate, ...]:
    """List the forms without integers.

    Args:
        file: Name of the model's file.

    Returns:
        The precision that OpenVINO takes on this CPU by itself, and float32, which any CPU has.
    """
    return tuple(Candidate(name, name, file) for name in _precisions())


def int8_candidates(file: str) -> tuple[Candidate, ...]:
    """List the forms whose weights are 8-bit integers.

    OpenVINO rounds the other factor of a matrix product, too, when it runs, if the CPU has VNNI;
    elsewhere it would compute something else than what was measured here.

    Args:
        file: Name of the model's file.

    Returns:
        One for each precision of the rest; none on a CPU without VNNI.

    Source:
        OpenVINO, "LLM inference: dynamic quantization".
    """
    if not has_vnni():
        return ()
    return tuple(Candidate(f"int8-{name}", name, file, GROUP_SIZE) for name in _precisions())


def _precisions() -> tuple[str, ...]:
    """Return what OpenVINO takes here, such as `bf16`, and what any CPU has.

    Source:
        OpenVINO, "CPU device", section on inference precision: bfloat16 where the CPU has AMX or
        AVX512_BF16.
    """
    hint = openvino.Core().get_property(_DEVICE, "INFERENCE_PRECISION_HINT")
    return tuple(dict.fromkeys((str(hint.get_type_name()), ANY_CPU)))
