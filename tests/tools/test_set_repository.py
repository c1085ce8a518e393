import shutil
from pathlib import Path

import pytest

from tools.set_repository import OTHERS, main

ROOT = Path(__file__).resolve().parents[2]


def test_every_address_is_changed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, tmp_path / "notebooks")
    for name in OTHERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    before = {path: path.read_text() for path in tmp_path.rglob("*.*") if path.is_file()}

    assert main(["some-one/a.fork"], tmp_path) == 0
    for path, text in before.items():
        assert path.read_text() == text.replace("OWNER/bert-as-a-service", "some-one/a.fork")
        assert path.read_text() != text
    assert main(["OWNER/bert-as-a-service"], tmp_path) == 0
    assert {path: path.read_text() for path in before} == before


@pytest.mark.parametrize("given", [[], ["owner"], ["a/b", "c/d"], ["https://github.com/a/b"]])
def test_what_is_no_repository(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == 2
    assert "OWNER/NAME" in capsys.readouterr().err
