"""Plan files: JSON, or YAML where PyYAML is installed; changed by one rename, with a log beside."""

import contextlib
import fcntl
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.traffic.plans.documents import read_plans, write_plans
from bert_aas.traffic.plans.plan import Plan, PlanError
from bert_aas.traffic.plans.values import to_text

_MAX_BYTES = 1024 * 1024
_YAML = {".yaml", ".yml"}


def read_plan_file(path: Path) -> dict[str, Plan]:
    """Read a plan file.

    Args:
        path: JSON, or YAML if its name ends with `.yaml` or `.yml`.

    Returns:
        Plan by model.

    Raises:
        PlanError: With one sentence, if it cannot be read or a plan in it cannot be followed.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise PlanError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    return parse_plan_file(path, content)


def parse_plan_file(path: Path, content: bytes) -> dict[str, Plan]:
    """Read the content of a plan file.

    Args:
        path: Its path, which says the format.
        content: What it holds.

    Returns:
        Plan by model.

    Raises:
        PlanError: With one sentence, if a plan in it cannot be followed.
    """
    if len(content) > _MAX_BYTES:
        raise PlanError(f"{path} has {len(content)} bytes; a plan file has at most {_MAX_BYTES}")
    try:
        text = content.decode("utf-8-sig")
        document = _from_yaml(text) if path.suffix.lower() in _YAML else json.loads(text)
    except (ValueError, RecursionError) as exc:  # UnicodeDecodeError and JSONDecodeError are these
        raise PlanError(f"{path} cannot be read: {' '.join(str(exc).split())}") from exc
    try:
        return read_plans(document)
    except PlanError as exc:
        raise PlanError(f"{path}: {exc}") from exc


@contextlib.contextmanager
def changed_plans(path: Path) -> Iterator[dict[str, Plan]]:
    """Change a plan file while no other process of this kind does; servers see all or nothing.

    Args:
        path: The file; it is made if it is missing.

    Yields:
        Plan by model, to be changed in place. It is written when the block ends well.

    Raises:
        PlanError: If what is there cannot be read, so that nothing is lost.
        InvalidInputError: If it cannot be written.
    """
    with file_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("a")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        plans = read_plan_file(path) if path.exists() else {}
        yield plans
        with file_errors():
            write_text(path, _to_text(path, write_plans(plans)))


def log_file(path: Path) -> Path:
    """Name the log beside a plan file.

    Args:
        path: The plan file.

    Returns:
        A file with a line of JSON for each change.
    """
    return path.with_name(f"{path.name}.log")


def log_change(path: Path, at: float, entry: Mapping[str, Any]) -> None:
    """Add a line to the log of a plan file.

    Args:
        path: The plan file.
        at: When, seconds since 1970.
        entry: What changed, who did it and why.

    Raises:
        InvalidInputError: If the log cannot be written.
    """
    line = json.dumps({"at": to_text(at), **entry}, ensure_ascii=False)
    with file_errors(), log_file(path).open("a", encoding="utf-8") as log:
        log.write(line + "\n")


def _from_yaml(text: str) -> Any:
    try:
        import yaml  # the server alone does not have it
    except ImportError as exc:
        raise ValueError("PyYAML is not installed here; write the plan as JSON") from exc
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ValueError(str(exc)) from exc


def _to_text(path: Path, document: Mapping[str, Any]) -> str:
    if path.suffix.lower() in _YAML:
        import yaml

        return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
