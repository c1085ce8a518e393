"""The fingerprint of the code that a node executes, which is in its cache key.

A node that the catalogue does not have does not compile: TFX's cache would hand out what its code
no longer makes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from pipeline.graph.catalogue.order import NODES, entry_of
from pipeline.graph.code.fingerprint import PROJECT_ROOT, code_fingerprint

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

_DIGITS = 16
_TOKENIZER = ("models.text.tokenizer", "models.text.text_cleaning")


def node_fingerprint(node_id: str, *, service: bool = False, root: Path = PROJECT_ROOT) -> str:
    """Hash the code that a node executes, and the releases that decide on its results.

    Args:
        node_id: Id of the node.
        service: Whether a service runs TFX's executors itself, as Vertex AI does.
        root: Folder that holds our packages.

    Returns:
        A SHA-256 in hexadecimal digits, cut to 16.

    Raises:
        InvalidInputError: If the catalogue has no such node.
    """
    code = entry_of(node_id).code
    modules = code.modules
    if service and code.service_modules is not None:
        modules = code.service_modules
    ours = code_fingerprint(*modules, root=root)
    libraries = _releases(("tfx", *code.releases))
    return hashlib.sha256(" ".join([ours, *libraries]).encode()).hexdigest()[:_DIGITS]


def declare_code(node: BaseNode, fingerprint: str) -> None:
    """Put the fingerprint of a node's code among its exec properties, which its cache key holds.

    A Resolver's cannot be added to before it is compiled: `pipeline.graph.compiling` does that.

    Args:
        node: The node.
        fingerprint: Its `node_fingerprint`.
    """
    spec = getattr(node, "spec", None)
    if spec is not None:
        spec.exec_properties[CODE_FINGERPRINT_KEY] = fingerprint


@cache
def tokenizer_code() -> str:
    """Hash the code that cleans and tokenizes texts: with other code, kept tokens are others."""
    return code_fingerprint(*_TOKENIZER)


def all_releases() -> tuple[str, ...]:
    """Return the releases that decide on what any node makes."""
    return _releases(sorted({name for node in NODES for name in node.code.releases}))


def _releases(packages: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{package}={_release(package)}" for package in packages)


@cache
def _release(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # compiled where no node runs, or left out
        return ""
