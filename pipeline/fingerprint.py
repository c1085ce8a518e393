"""Fingerprints of the project's own code: TFX does not hash code behind a dotted path.

A node is given the fingerprint of the modules that its user function can reach, so that a changed
file runs exactly the nodes again that depend on it.
"""

import ast
import hashlib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from models.encoders.folders import hash_files

PROJECT_ROOT = Path(__file__).resolve().parents[1]

_GRAPH_PACKAGES = ("pipeline", "components", "models", "bert_aas")


def code_fingerprint(module: str, root: Path = PROJECT_ROOT) -> str:
    """Hash a module and everything it imports from its own top-level package.

    Args:
        module: Dotted name, e.g. `models.training`.
        root: Folder that holds the package.

    Returns:
        A SHA-256 in hexadecimal digits, cut to 16.
    """
    digest = hashlib.sha256()
    for name, path in sorted(reachable(module, root).items()):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def graph_fingerprint(*, enable_cache: bool, root: Path = PROJECT_ROOT) -> str:
    """Hash what decides on a compiled graph, beside the configuration.

    Args:
        enable_cache: Whether its nodes may take their outputs from earlier executions.
        root: Folder that holds the packages.

    Returns:
        A SHA-256 in hexadecimal digits, cut to 16: of our code, TFX's release, the argument.
    """
    code = [hash_files(root / package, "*.py") for package in _GRAPH_PACKAGES]
    parts = " ".join([*code, metadata.version("tfx"), str(enable_cache)])
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def reachable(module: str, root: Path = PROJECT_ROOT) -> dict[str, Path]:
    """Follow the imports of a module within its top-level package.

    Args:
        module: Dotted name.
        root: Folder that holds the package.

    Returns:
        Dotted name to source file, for the module, its imports, and the packages around them.
    """
    package = module.split(".", maxsplit=1)[0]
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source_file(name, root)
        if name in found or path is None or name.split(".")[0] != package:
            continue
        found[name] = path
        waiting.extend(_imports(path))
        waiting.extend(_parents(name))
    return found


def _imports(path: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _parents(name: str) -> Iterable[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _source_file(name: str, root: Path) -> Path | None:
    base = root.joinpath(*name.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
