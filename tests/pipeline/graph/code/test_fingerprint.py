"""A changed file changes the fingerprints of exactly the functions that reach it."""

import re
from pathlib import Path

import pytest

from pipeline.graph.code.fingerprint import code_fingerprint, graph_fingerprint, reachable

SOURCES = {
    "shop/__init__.py": "",
    "shop/training.py": "import numpy\nfrom shop import shared\nfrom shop.parts import wheel\n",
    "shop/preprocessing.py": "from shop.shared import price\nimport models.paint\n",
    "shop/shared.py": "price = 3\n",
    "shop/parts/__init__.py": "",
    "shop/parts/wheel.py": "def turn():\n    import shop.parts.axle\n",
    "shop/parts/axle.py": "from . import bolt\nfrom ..tools.hammer import hit\n",
    "shop/parts/bolt.py": "",
    "shop/parts/unused.py": "",
    "shop/tools/__init__.py": "from .saw import cut\n",
    "shop/tools/hammer.py": "",
    "shop/tools/saw.py": "",
    "models/__init__.py": "",
    "models/paint.py": """
from typing import TYPE_CHECKING
import elsewhere.thing
if TYPE_CHECKING:
    from models.types import Colour
else:
    from bert_aas.colours import Colour
""",
    "models/types.py": "",
    "bert_aas/colours.py": "",
    "elsewhere/thing.py": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(content)
    return tmp_path


def fingerprints(root: Path) -> tuple[str, str]:
    return (
        code_fingerprint("shop.training", root=root),
        code_fingerprint("shop.preprocessing", root=root),
    )


def test_follows_imports_within_the_package(root: Path) -> None:
    own = ("", ".training", ".shared", ".parts", ".parts.wheel", ".parts.axle", ".parts.bolt")
    tools = (".tools", ".tools.hammer", ".tools.saw")
    assert set(reachable("shop.training", root)) == {f"shop{name}" for name in (*own, *tools)}


def test_follows_imports_into_our_other_packages_that_are_executed(root: Path) -> None:
    found = set(reachable("shop.preprocessing", root)) - {"shop", "shop.preprocessing"}
    assert found == {"shop.shared", "models", "models.paint", "bert_aas.colours"}


def test_a_module_that_is_not_there_is_no_empty_code(root: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"shop\.gone"):
        code_fingerprint("shop.gone", root=root)


def test_is_16_digits_and_the_same_every_time(root: Path) -> None:
    assert fingerprints(root) == fingerprints(root)
    assert all(re.fullmatch("[0-9a-f]{16}", found) for found in fingerprints(root))


def test_several_modules_count_together_in_any_order(root: Path) -> None:
    both = code_fingerprint("shop.training", "shop.preprocessing", root=root)
    assert both == code_fingerprint("shop.preprocessing", "shop.training", root=root)
    assert both not in fingerprints(root)


@pytest.mark.parametrize(
    ("changed", "training", "preprocessing"),
    [
        ("shop/training.py", True, False),
        ("shop/parts/axle.py", True, False),
        ("shop/parts/bolt.py", True, False),
        ("shop/tools/__init__.py", True, False),
        ("shop/preprocessing.py", False, True),
        ("models/paint.py", False, True),
        ("bert_aas/colours.py", False, True),
        ("shop/shared.py", True, True),
        ("shop/__init__.py", True, True),
        ("shop/parts/unused.py", False, False),
        ("models/types.py", False, False),
        ("elsewhere/thing.py", False, False),
    ],
)
def test_a_change(root: Path, changed: str, training: bool, preprocessing: bool) -> None:
    before = fingerprints(root)
    path = root / changed
    path.write_text(f"{path.read_text()}\nchanged = True\n")
    after = fingerprints(root)
    assert (after[0] != before[0], after[1] != before[1]) == (training, preprocessing)


CODE = '''"""What it is."""

import math

LIMIT = 3
"""How many."""


class Cart:
    """A cart."""

    def total(self, prices: list[float]) -> float:
        """Add up."""
        return math.fsum(prices[:LIMIT])  # exact
'''


UNEXECUTED = (
    ("What it is.", "What it is for."),
    ("How many.", "At most."),
    ("A cart.", "A cart of a shop."),
    ('        """Add up."""\n', ""),
    ("# exact", "# no rounding"),
    ("\n\n\nclass", "\n\nclass"),
    ("math.fsum(prices[:LIMIT])", "(math.fsum(\n            prices[:LIMIT],\n        ))"),
)
EXECUTED = (
    ("LIMIT = 3", "LIMIT = 4"),
    ("LIMIT = 3", "LIMIT = 3.0"),
    ("LIMIT = 3", "LIMIT = '3'"),
    ("[:LIMIT]", "[LIMIT:]"),
    ("fsum", "prod"),
    ("list[float]", "tuple[float]"),
    ('"""Add up."""', "print('adds')"),
    ("import math", "import math as m"),
)


@pytest.mark.parametrize(("given", "changed"), UNEXECUTED)
def test_what_is_not_executed_does_not_count(tmp_path: Path, given: str, changed: str) -> None:
    assert _fingerprint_of(tmp_path, CODE.replace(given, changed)) == _fingerprint_of(
        tmp_path, CODE
    )


@pytest.mark.parametrize(("given", "changed"), EXECUTED)
def test_what_is_executed_counts(tmp_path: Path, given: str, changed: str) -> None:
    assert _fingerprint_of(tmp_path, CODE.replace(given, changed)) != _fingerprint_of(
        tmp_path, CODE
    )


def test_each_change_here_changes_the_text() -> None:
    assert all(given in CODE for given, _ in (*UNEXECUTED, *EXECUTED))


def _fingerprint_of(folder: Path, code: str) -> str:
    (folder / "cart.py").write_text(code)
    return code_fingerprint("cart", root=folder)


def test_a_new_name_for_the_same_content_counts(root: Path) -> None:
    before = code_fingerprint("shop.parts.bolt", root=root)
    assert code_fingerprint("shop.parts.unused", root=root) != before


def test_the_projects_own_training_and_preprocessing_differ() -> None:
    training = set(reachable("models.training.run"))
    preprocessing = set(reachable("models.preprocessing"))
    assert "models.training.run" not in preprocessing
    assert "models.text.tokenizer" in preprocessing
    assert {"models", "models.params"} <= training & preprocessing


def test_a_graph_depends_on_our_code_the_releases_and_the_cache(tmp_path: Path) -> None:
    packages = ("bert_aas", "pipeline", "components", "models", "serving")
    for package in packages:
        (tmp_path / package).mkdir()
        (tmp_path / package / "one.py").touch()
    found = [graph_fingerprint(enable_cache=True, root=tmp_path)]
    assert found == [graph_fingerprint(enable_cache=True, root=tmp_path)]
    for package in packages:
        (tmp_path / package / "one.py").write_text("changed")
        found.append(graph_fingerprint(enable_cache=True, root=tmp_path))
    found.append(graph_fingerprint(enable_cache=False, root=tmp_path))
    found.append(graph_fingerprint(enable_cache=False, releases=("tensorflow=3",), root=tmp_path))
    assert len(set(found)) == len(found)
