from pathlib import Path

import pytest

from components.optimizer import candidates
from components.optimizer.candidates import Candidate, float_candidates, has_vnni, int8_candidates
from serving.engines import processor


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
    # The server must see the same CPU in the same way.
    assert processor.has_vnni(facts) is has


def test_a_system_that_describes_no_cpu(tmp_path: Path) -> None:
    assert not has_vnni(tmp_path / "none")
    assert not processor.has_vnni(tmp_path / "none")


def test_each_precision_with_and_without_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "has_vnni", lambda: True)
    plain, integers = float_candidates("model.xml"), int8_candidates("int8.xml")
    assert plain[-1] == Candidate("f32", "f32", "model.xml")
    assert [found.precision for found in integers] == [found.precision for found in plain]
    assert integers[-1] == Candidate("int8-f32", "f32", "int8.xml", 128)


def test_no_integers_without_vnni(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "has_vnni", lambda: False)
    assert int8_candidates("int8.xml") == ()
