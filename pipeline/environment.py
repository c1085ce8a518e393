"""The one place where `pipeline` reads the environment."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
PIPELINES_VARIABLE = "BERT_AAS_PIPELINES"
CATALOGUE_VARIABLE = "BERT_AAS_CATALOG"
FEATURES_VARIABLE = "BERT_AAS_FEATURES"
CAPTURED_VARIABLE = "BERT_AAS_CAPTURED"
REGISTRY_VARIABLE = "BERT_AAS_REGISTRY"


def quiet_libraries() -> None:
    """Silence messages of libraries; must run before TensorFlow and ML Metadata are imported."""
    # DAG files import this module, and one that is called bert_aas.py hides the package.
    from bert_aas.contracts.processes.start_up_messages import leave_out_start_up_messages

    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "0":
        leave_out_start_up_messages("tensorflow")
    # ML Metadata logs what it raises as well.
    os.environ.setdefault("GLOG_minloglevel", "3")
    # Libraries of Google announce when they will stop supporting this Python.
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    warnings.filterwarnings("ignore", "pkg_resources is deprecated", category=UserWarning)


def environment() -> Mapping[str, str]:
    """Return the variables that `${NAME}` in a configuration may stand for."""
    return os.environ


def pipelines_dir(default: Path) -> Path:
    """Return the folder of the pipelines that were compiled for Airflow.

    Args:
        default: The folder where the variable is not set.

    Returns:
        `$BERT_AAS_PIPELINES`, else the default.
    """
    return _path_in(PIPELINES_VARIABLE, default)


def catalogue_file(default: Path) -> Path:
    """Return the file of the catalogue of tables.

    Args:
        default: The file where the variable is not set.

    Returns:
        `$BERT_AAS_CATALOG`, else the default.
    """
    return _path_in(CATALOGUE_VARIABLE, default)


def features_folder(default: Path) -> Path:
    """Return the folder of the feature groups.

    Args:
        default: The folder where the variable is not set.

    Returns:
        `$BERT_AAS_FEATURES`, else the default.
    """
    return _path_in(FEATURES_VARIABLE, default)


def captured_folder(default: Path) -> Path:
    """Return the folder of captured requests.

    Args:
        default: The folder where the variable is not set.

    Returns:
        `$BERT_AAS_CAPTURED`, else the default.
    """
    return _path_in(CAPTURED_VARIABLE, default)


def registry_address() -> str | None:
    """Return `$BERT_AAS_REGISTRY`: an output folder, or the URL of an MLflow server."""
    return os.environ.get(REGISTRY_VARIABLE) or None


def _path_in(variable: str, default: Path) -> Path:
    given = os.environ.get(variable)
    return Path(given).expanduser() if given else default


def child_environment() -> dict[str, str]:
    """Return the environment for a process whose output is read line by line."""
    return {**os.environ, "PYTHONUNBUFFERED": "1"}
