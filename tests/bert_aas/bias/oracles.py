"""Ask the libraries of `.venv-oracles`, which `make setup-oracles` builds."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-oracles" / "bin" / "python"


def answers_of(module: str, tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run a module that reads tables as JSON and prints what the libraries say of each."""
    assert PYTHON.exists(), "the environment of the oracles is missing: run make setup-oracles"
    done = subprocess.run(
        [str(PYTHON), "-m", module],
        input=json.dumps(tables),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
