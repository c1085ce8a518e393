import pytest

from components.optimizer.forms import candidates
from components.optimizer.forms.candidates import Candidate, float_candidates, int8_candidates


def test_each_precision_with_and_without_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "has_vnni", lambda: True)
    plain, integers = float_candidates("model.xml"), int8_candidates("int8.xml")
    assert plain[-1] == Candidate("f32", "f32", "model.xml")
    assert [found.precision for found in integers] == [found.precision for found in plain]
    assert integers[-1] == Candidate("int8-f32", "f32", "int8.xml", 128)


def test_no_integers_without_vnni(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "has_vnni", lambda: False)
    assert int8_candidates("int8.xml") == ()
