"""The package `bert_aas` is found although a module of that name comes first on the path."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
IMPORT = "import pipeline.runners.airflow, bert_aas.contracts.errors; print(bert_aas.__file__)"


def test_a_module_of_that_name_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "bert_aas.py").write_text("raise AssertionError('imported')\n")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; {IMPORT}"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )

    assert done.stdout.strip() == str(ROOT / "bert_aas" / "__init__.py"), done.stderr
