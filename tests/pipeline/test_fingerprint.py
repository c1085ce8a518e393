"""A changed file changes the fingerprints of exactly the functions that reach it."""

import re
from pathlib import Path

import pytest

from pipeline.fingerprint import code_fingerprint, graph_fingerprint, reachable

SOURCES = {
    "__init__.py": "",
    "training.py": "import numpy\nfrom shop import shared\nfrom shop.parts import wheel\n",
    "preprocessing.py": "from shop.shared import price\n",
    "shared.py": "price = 3\n",
    "parts/__init__.py": "",
    "parts/wheel.py": "def turn():\n    import shop.parts.axle\n",
    "parts/axle.py": "",
    "parts/unused.py": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in SOURCES.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(content)
    return tmp_path


def fingerprints(root: Path) -> tuple[str, str]:
    return code_fingerprint("shop.training", root), code_fingerprint("shop.preprocessing", root)


def test_follows_imports_within_the_package(root: Path) -> None:
    names = ("", ".training", ".shared", ".parts", ".parts.wheel", ".parts.axle")
    assert set(reachable("shop.training", root)) == {f"shop{name}" for name in names}


def test_is_16_digits_and_the_same_every_time(root: Path) -> None:
    assert fingerprints(root) == fingerprints(root)
    assert all(re.fullmatch("[0-9a-f]{16}", found) for found in fingerprints(root))


@pytest.mark.parametrize(
    ("changed", "training", "preprocessing"),
    [
        ("training.py", True, False),
        ("parts/axle.py", True, False),
        ("preprocessing.py", False, True),
        ("shared.py", True, True),
        ("__init__.py", True, True),
        ("parts/unused.py", False, False),
    ],
)
def test_a_change(root: Path, changed: str, training: bool, preprocessing: bool) -> None:
    before = fingerprints(root)
    path = root / "shop" / changed
    path.write_text(f"{path.read_text()}changed = True\n")
    after = fingerprints(root)
    assert (after[0] != before[0], after[1] != before[1]) == (training, preprocessing)


def test_a_new_name_for_the_same_content_counts(root: Path) -> None:
    before = code_fingerprint("shop.parts.axle", root)
    assert code_fingerprint("shop.parts.unused", root) != before


def test_the_projects_own_training_and_preprocessing_differ() -> None:
    training = set(reachable("models.training"))
    preprocessing = set(reachable("models.preprocessing"))
    assert "models.training" not in preprocessing
    assert "models.tokenizer" in preprocessing
    assert {"models", "models.params"} <= training & preprocessing


def test_a_graph_depends_on_the_code_of_four_packages_and_on_the_cache(tmp_path: Path) -> None:
    for package in ("bert_aas", "pipeline", "components", "models", "serving"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "one.py").touch()
    found = [graph_fingerprint(enable_cache=True, root=tmp_path)]
    (tmp_path / "serving" / "one.py").write_text("changed")
    assert found == [graph_fingerprint(enable_cache=True, root=tmp_path)]
    for package in ("bert_aas", "pipeline", "components", "models"):
        (tmp_path / package / "one.py").write_text("changed")
        found.append(graph_fingerprint(enable_cache=True, root=tmp_path))
    found.append(graph_fingerprint(enable_cache=False, root=tmp_path))
    assert len(set(found)) == len(found)
