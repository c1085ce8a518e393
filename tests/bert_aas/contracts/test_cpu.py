from pathlib import Path

import pytest

from bert_aas.contracts.cpu import has_bfloat16, has_vnni


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("fma avx2", False),
        ("avx2 avx_vnni", True),
        ("avx512f avx512_vnni", True),
        ("avx512_vnni_like", False),
        ("amx_int8", True),
    ],
)
def test_vnni_by_what_linux_says(tmp_path: Path, flags: str, *, has: bool) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text(f"processor : 0\nflags\t\t: fpu {flags} sse\n")
    assert has_vnni(facts) is has


def test_a_system_that_describes_no_cpu(tmp_path: Path) -> None:
    assert not has_vnni(tmp_path / "none")
    assert not has_bfloat16(tmp_path / "none")


@pytest.mark.parametrize(
    ("flags", "has"), [("avx512f avx512_vnni", False), ("avx512_bf16", True), ("amx_bf16", True)]
)
def test_bfloat16_by_what_linux_says(tmp_path: Path, flags: str, *, has: bool) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text(f"flags : fpu {flags} sse")
    assert has_bfloat16(facts) is has
