import json
from pathlib import Path

from pipeline.report.sections.optimizer import VariantRow, read_variants


def test_variants_of_the_optimizer(tmp_path: Path) -> None:
    entry = {
        **{"name": "bf16", "kept": True, "reason": "good", "accuracy": 0.8, "agreement": 0.99},
        **{"single_speedup": 3.0, "batch_speedup": 2.0, "precision": "bf16", "file": "model.xml"},
    }
    content = {"rows": 9, "reference": {"accuracy": 0.81}, "cpu": "fast", "variants": [entry]}
    folder = tmp_path / "Format-Serving" / "assets.extra" / "openvino"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    found = read_variants(str(tmp_path))
    assert (found.rows, found.accuracy, found.cpu) == (9, 0.81, "fast")
    assert found.variants == (VariantRow("bf16", True, "good", 3.0, 2.0, 0.8, 0.99),)
    assert found.note is None


def test_a_model_that_was_not_converted(tmp_path: Path) -> None:
    from components.optimizer.manifest import empty_folder, write_manifest

    empty_folder(tmp_path / "Format-Serving")
    write_manifest(tmp_path / "Format-Serving", {}, [], "it cannot be converted")
    found = read_variants(str(tmp_path))
    assert (found.variants, found.note) == ((), "it cannot be converted")
