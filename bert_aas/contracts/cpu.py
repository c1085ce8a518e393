"""Which instructions this machine's CPU has, as Linux lists them."""

from pathlib import Path

CPU_FACTS = Path("/proc/cpuinfo")
VNNI_FLAGS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
"""What Linux calls the instructions that multiply 8-bit integers and add up in 32 bits."""

BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
"""What Linux calls the instructions that multiply bfloat16; others would only emulate it."""


def has_vnni(facts: Path | None = None) -> bool:
    """Tell whether this CPU multiplies 8-bit integers fast.

    Args:
        facts: Linux's description of the CPU, if not this machine's.

    Returns:
        Whether it says so; False where there is no such file.
    """
    return not VNNI_FLAGS.isdisjoint(_words(facts))


def has_bfloat16(facts: Path | None = None) -> bool:
    """Tell whether this CPU multiplies bfloat16.

    Args:
        facts: Linux's description of the CPU, if not this machine's.

    Returns:
        Whether it says so; False where there is no such file.
    """
    return not BFLOAT16_FLAGS.isdisjoint(_words(facts))


def _words(facts: Path | None) -> list[str]:
    facts = facts or CPU_FACTS
    return facts.read_text(encoding="utf-8").split() if facts.is_file() else []
