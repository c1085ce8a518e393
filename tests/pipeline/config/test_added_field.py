"""A field that is added by one line is read, checked, documented, told to its node, read back."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.graph.code.fingerprint import PACKAGES, PROJECT_ROOT

FIELD = """
    ripeness: int = Field(default=3, ge=1, le=5, description="How ripe the harvest must be.")
"""
PROGRAM = """
import json, sys
from pathlib import Path
from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import load_config
from pipeline.graph.catalogue.entry import Told
from pipeline.graph.catalogue.order import entry_of
from tools.configuration_table import table

config = load_config(Path(sys.argv[1]), ["optimize.ripeness=4"])
optimizer = entry_of("Optimizer")
told = optimizer.parameters(Told(config, None, "code"))
try:
    load_config(Path(sys.argv[1]), ["optimize.ripeness=6"])
    refused = ""
except InvalidInputError as error:
    refused = str(error)
print(json.dumps({
    "told": json.loads(told["optimize_params"])["ripeness"],
    "stored": {name: section["ripeness"] for name, section in optimizer.stored(told)},
    "documented": [row for row in table().splitlines() if "ripeness" in row],
    "refused": refused,
}))
"""


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Any]:
    """What a copy of the code makes of a field that one line adds."""
    code = tmp_path / "code"
    for package in (*PACKAGES, "tools"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT_ROOT / package, code / package, ignore=ignored)
    with (code / "components" / "optimizer" / "params.py").open("a", encoding="utf-8") as file:
        file.write(FIELD)
    (tmp_path / "config.yaml").write_text("data: {path: rows.csv}")
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "config.yaml")],
        cwd=code,
        env={"PYTHONPATH": str(code), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    content: dict[str, Any] = json.loads(printed)
    return content


def test_an_added_field_is_everywhere(found: dict[str, Any]) -> None:
    assert found["told"] == 4
    assert found["stored"] == {"optimize": 4}
    assert found["documented"] == [
        "| `optimize.ripeness` | `3` | How ripe the harvest must be. "
        "Allowed: at least 1, at most 5. |"
    ]
    assert "optimize.ripeness" in found["refused"]
    assert "6" in found["refused"]
