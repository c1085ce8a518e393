import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_aas.contracts.model_forms import FOLDER, MANIFEST
from components.optimizer import optimizing
from components.optimizer.forms import candidates
from components.optimizer.forms.candidates import Candidate
from components.optimizer.forms.conversion import convert_tokens, save
from components.optimizer.optimizing import optimize
from components.optimizer.params import OptimizeParams
from serving.engines.manifest import read_variants
from serving.engines.text_model import with_engine
from serving.servables.saved_model import load_saved_model
from tests.components.optimizer.conftest import write_examples
from tests.serving.engines.tiny_classifier import expected

# However fast it is: how fast a test runs is no business of a test.
PARAMS = OptimizeParams(min_speedup=0)
ROWS = [[1, *range(2, 3 + place % 30)] for place in range(60)]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Rows whose labels the model tells, but for every fourth."""
    labels = expected(*ROWS, type_id=0).argmax(axis=1)
    labels[::4] = (labels[::4] + 1) % 3
    folder = tmp_path_factory.mktemp("rows") / "eval"
    return f"{write_examples(folder, ROWS, labels.tolist())}/*"


@pytest.fixture
def model(saved_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(saved_model, tmp_path / "1")


def manifest(model: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((model / FOLDER / MANIFEST).read_text())
    return content


def test_what_was_measured_and_kept(model: Path, examples: str) -> None:
    verdicts = optimize(model, examples, PARAMS)
    content = manifest(model)
    assert [entry["name"] for entry in content["variants"]] == [found.name for found in verdicts]
    assert (content["rows"], content["reference"]["accuracy"]) == (60, 0.75)
    plain = next(variant for variant in content["variants"] if variant["name"] == "f32")
    assert plain["kept"]
    assert (plain["precision"], plain["agreement"], plain["accuracy"]) == ("f32", 1, 0.75)
    assert plain["single_speedup"] > 0
    assert plain["reason"].startswith("as good as the SavedModel, and ")
    assert content["files"] == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (model / FOLDER).iterdir()
        if file.name != MANIFEST
    }
    assert content["files"].keys() >= {"model.bin", "model.xml"}


def test_the_server_runs_what_was_kept(model: Path, examples: str) -> None:
    optimize(model, examples, PARAMS)
    assert {variant.name for variant in read_variants(model)} >= {"f32"}
    plain = load_saved_model("reviews", 1, model)
    fast = with_engine(plain, model, "openvino")
    texts = {"text": np.array([b"fits well", b""], object)}
    np.testing.assert_allclose(
        fast.call("", texts)["probabilities"], plain.call("", texts)["probabilities"], atol=0.03
    )
    fast.close()


def test_a_variant_that_is_not_good_enough_leaves_its_figures_only(
    model: Path, examples: str
) -> None:
    optimize(model, examples, OptimizeParams(min_speedup=1e9))
    assert [file.name for file in (model / FOLDER).iterdir()] == [MANIFEST]
    content = manifest(model)
    assert [variant["kept"] for variant in content["variants"]] == [False] * len(
        content["variants"]
    )
    assert content["files"] == {}
    assert "at least 1000000000.00 is required" in content["variants"][0]["reason"]


def test_weights_stay_whole_where_halves_cost_accuracy(
    model: Path, examples: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[bool] = []

    def spoil_halves(converted: Any, file: Path, *, compress: bool) -> None:
        saved.append(compress)
        save(another if compress else converted, file, compress=compress)

    another = convert_tokens(_other_model(model.parent / "seed"))
    monkeypatch.setattr(optimizing, "save", spoil_halves)
    optimize(model, examples, PARAMS)
    assert saved[:2] == [True, False]
    assert all(
        variant["kept"] for variant in manifest(model)["variants"] if variant["group_size"] is None
    )


def test_integers_where_the_cpu_has_them(
    model: Path, examples: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nncf")
    monkeypatch.setattr(optimizing, "int8_candidates", lambda file: (_int8(file),))
    optimize(model, examples, PARAMS)
    (entry,) = (entry for entry in manifest(model)["variants"] if entry["name"] == "int8-f32")
    assert (entry["file"], entry["group_size"]) == ("int8.xml", 128)
    assert entry["agreement"] > 0.9
    assert ("int8.bin" in manifest(model)["files"]) is entry["kept"]


@pytest.mark.parametrize(
    ("hidden", "note"),
    [
        ("nncf", "int8 was not tried: NNCF is not installed"),
        ("VNNI", "int8 was not tried: this CPU has no VNNI"),
    ],
)
def test_why_integers_were_not_tried(
    model: Path, examples: str, monkeypatch: pytest.MonkeyPatch, hidden: str, note: str
) -> None:
    if hidden == "nncf":
        monkeypatch.setitem(sys.modules, "nncf", None)
    found = hidden == "nncf"
    monkeypatch.setattr(candidates, "has_vnni", lambda: found)
    optimize(model, examples, PARAMS)
    assert manifest(model)["note"] == note
    assert {entry["group_size"] for entry in manifest(model)["variants"]} == {None}


def test_no_rows_to_compare_with(model: Path, tmp_path: Path) -> None:
    folder = write_examples(tmp_path / "none", [], [])
    optimize(model, f"{folder}/*", PARAMS)
    reasons = {variant["reason"] for variant in manifest(model)["variants"]}
    assert reasons == {"the eval split has no rows to compare with"}
    assert manifest(model)["files"] == {}


def _int8(file: str) -> Candidate:
    return Candidate("int8-f32", "f32", file, 128)


def _other_model(folder: Path) -> Path:
    from tests.serving.engines.tiny_classifier import export_tiny

    export_tiny(folder, seed=1)
    return folder
