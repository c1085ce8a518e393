"""What is installed, by packages that the test installs."""

import platform
import sys
from pathlib import Path

import pytest

from bert_aas.cards.facts import Package
from pipeline.governance.environments import environment_here

METADATA = {
    "Expression_One": "License-Expression: MIT\nLicense: something else",
    "short.licence": "License: BSD 3-Clause",
    "long-licence": f"License: {'Permission is hereby granted ' * 9}\n"
    "Classifier: License :: OSI Approved :: MIT License",
    "nothing": "License: UNKNOWN",
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, lines in METADATA.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{lines}\n"
        )
    monkeypatch.setattr(sys, "path", [str(tmp_path)])


@pytest.mark.usefixtures("installed")
def test_packages_with_versions_and_licences() -> None:
    found = environment_here("here")
    assert found.packages == (
        Package("expression-one", "1.0", "MIT", is_expression=True),
        Package("long-licence", "1.0", "MIT License"),
        Package("nothing", "1.0"),
        Package("short-licence", "1.0", "BSD 3-Clause"),
    )
    assert (found.python, found.recorded) == (platform.python_version(), "here")
