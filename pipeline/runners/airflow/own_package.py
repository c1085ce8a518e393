"""Find the package `bert_aas` where a DAG file has the same name."""

import importlib.util
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_NAME = "bert_aas"


def import_own_package() -> None:
    """Import `bert_aas` from beside this package, whatever comes first on the path.

    Airflow puts the folder of the DAG files there, and our DAG file was called `bert_aas.py` before
    there was a package of that name: copies of it would hide the package.

    Raises:
        ModuleNotFoundError: If the installation lacks the package.
    """
    if hasattr(sys.modules.get(_NAME), "__path__"):
        return
    folder = _ROOT / _NAME
    spec = importlib.util.spec_from_file_location(
        _NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None or not folder.is_dir():
        raise ModuleNotFoundError(f"{_ROOT} has no package {_NAME}", name=_NAME)
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)
