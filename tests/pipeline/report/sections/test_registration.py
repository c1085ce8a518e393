import json
from pathlib import Path
from typing import Any

from pipeline.report.pages.fragment import show_section
from pipeline.report.sections.registration import SECTION, read_registration
from tests.pipeline.report.sample import changed, full_report

WRITTEN = {
    "model": "demo",
    "version": 3,
    "status": "Rejected",
    "reason": "accuracy <b> is below 0.9",
    "content_sha256": "a" * 64,
    "facts": {"git_commit": "abc123"},
    "evidence": {"evaluation/conditions.json": "0123456789abcdef" * 4},
}


def body(folder: Path, **other: Any) -> str:
    (folder / "registration.json").write_text(json.dumps({**WRITTEN, **other}), encoding="utf-8")
    found = read_registration(str(folder), "http://mlflow")
    return show_section(SECTION, changed(full_report(), registration=found)).body


def test_a_version_is_shown_with_its_facts_and_the_commands(tmp_path: Path) -> None:
    shown = body(tmp_path)
    assert "version 3, Rejected" in shown
    assert "accuracy &lt;b&gt; is below 0.9" in shown
    assert "<code>abc123</code>" in shown
    assert "<code>0123456789abcdef…</code>" in shown
    assert "bert-aas models approve demo 3 " in shown
    assert "--registry http://mlflow" in shown


def test_a_run_that_registered_nothing_says_why(tmp_path: Path) -> None:
    shown = body(tmp_path, version=None, status=None)
    assert "Nothing was registered: accuracy" in shown
    assert "models approve" not in shown
