"""What this machine's CPU can do, as far as OpenVINO does not tell."""

from pathlib import Path

VNNI_FLAGS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
"""What Linux calls the instructions that multiply 8-bit integers and add up in 32 bits."""

_CPU_FACTS = Path("/proc/cpuinfo")


def has_vnni(facts: Path = _CPU_FACTS) -> bool:
    """Tell whether this CPU multiplies 8-bit integers fast.

    Args:
        facts: Linux's description of the CPU.

    Returns:
        Whether it says so; False where there is no such file.
    """
    if not facts.is_file():
        return False
    return not VNNI_FLAGS.isdisjoint(facts.read_text(encoding="utf-8").split())
