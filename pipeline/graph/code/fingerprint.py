"""Fingerprints of the project's own code: TFX does not hash code behind a dotted path.

A fingerprint is made of the syntax of all modules that a module reaches by imports. Comments,
docstrings and layout are no part of it: what does not change what is executed runs nothing again.
"""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from models.encoders.folders import hash_files

PROJECT_ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("pipeline", "components", "models", "bert_aas", "serving")

_DIGITS = 16
_TYPE_CHECKING = "TYPE_CHECKING"
_WITHOUT_EFFECT = frozenset({"type_ignores", "type_comment", "kind"})


def code_fingerprint(*modules: str, root: Path = PROJECT_ROOT) -> str:
    """Hash modules and everything of ours that they reach by imports.

    Args:
        *modules: Dotted names, e.g. `models.training.run`.
        root: Folder that holds the packages.

    Returns:
        A SHA-256 in hexadecimal digits, cut to 16; a copy of the code elsewhere has the same.
    """
    found: dict[str, Path] = {}
    for module in modules:
        found |= reachable(module, root)
    digest = hashlib.sha256()
    for name in sorted(found):
        digest.update(f"{name} {_read(found[name].read_bytes()).digest}\n".encode())
    return digest.hexdigest()[:_DIGITS]


def graph_fingerprint(
    *, enable_cache: bool, releases: tuple[str, ...] = (), root: Path = PROJECT_ROOT
) -> str:
    """Hash what decides on a compiled graph, beside the configuration.

    Args:
        enable_cache: Whether its nodes may take their outputs from earlier executions.
        releases: Of the libraries that decide on what nodes make.
        root: Folder that holds the packages.

    Returns:
        A SHA-256 in hexadecimal digits, cut to 16: of our code, TFX's release, the arguments.
    """
    code = [hash_files(root / package, "*.py") for package in PACKAGES]
    parts = " ".join([*code, metadata.version("tfx"), *releases, str(enable_cache)])
    return hashlib.sha256(parts.encode()).hexdigest()[:_DIGITS]


def reachable(module: str, root: Path = PROJECT_ROOT) -> dict[str, Path]:
    """Follow the imports of a module, through our packages and its own.

    Imports within functions count: they are executed once the function is called. Those for type
    checkers alone do not.

    Args:
        module: Dotted name.
        root: Folder that holds the packages.

    Returns:
        Dotted name to source file, for the module, its imports, and the packages around them.

    Raises:
        ModuleNotFoundError: If there is no such module.
    """
    if _source_file(module, root) is None:
        raise ModuleNotFoundError(f"{root} has no module {module!r}", name=module)
    packages = {*PACKAGES, module.split(".", maxsplit=1)[0]}
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name.split(".", maxsplit=1)[0] not in packages:
            continue
        path = _source_file(name, root)
        if path is None:
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for imported in _read(path.read_bytes()).imports:
            waiting.extend(imported.names(package))
        waiting.extend(_parents(name))
    return found


@dataclass(frozen=True)
class _Import:
    """One import: `from <level dots><module> import <members>`, or `import <module>`."""

    module: str
    members: tuple[str, ...] = ()
    level: int = 0

    def names(self, package: str) -> Iterator[str]:
        """Name all that may be modules, for an import in a module of `package`."""
        parts = package.split(".") if self.level else []
        kept = parts[: len(parts) - self.level + 1] if self.level else []
        base = ".".join([*kept, *([self.module] if self.module else [])])
        yield base
        yield from (f"{base}.{member}" for member in self.members)


@dataclass(frozen=True)
class _Source:
    """What counts of a source file."""

    digest: str
    imports: tuple[_Import, ...]


@lru_cache(maxsize=1024)
def _read(content: bytes) -> _Source:
    tokens: list[str] = []
    imports: list[_Import] = []
    _walk(ast.parse(content), tokens, imports)
    return _Source(hashlib.sha256("\0".join(tokens).encode()).hexdigest(), tuple(imports))


def _walk(node: Any, tokens: list[str], imports: list[_Import]) -> None:
    """Spell a syntax tree without empty fields: which of them there are differs by Python."""
    if isinstance(node, list):
        for item in node:
            if not _is_text(item):
                _walk(item, tokens, imports)
    elif not isinstance(node, ast.AST):
        tokens.append(repr(node))
    elif isinstance(node, ast.If) and _is_for_type_checkers(node.test):
        _walk(node.orelse, tokens, imports)
    else:
        imports.extend(_imports(node))
        tokens.append(f"({type(node).__name__}")
        for field, value in ast.iter_fields(node):
            if value is not None and value != [] and field not in _WITHOUT_EFFECT:
                tokens.append(field)
                _walk(value, tokens, imports)
        tokens.append(")")


def _is_text(node: Any) -> bool:
    """Whether a statement is nothing but a text: a docstring of a module, function, name."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_for_type_checkers(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return bool(name == _TYPE_CHECKING)


def _imports(node: ast.AST) -> Iterator[_Import]:
    if isinstance(node, ast.Import):
        yield from (_Import(alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        members = tuple(alias.name for alias in node.names)
        yield _Import(node.module or "", members, node.level)


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _source_file(name: str, root: Path) -> Path | None:
    base = root.joinpath(*name.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
