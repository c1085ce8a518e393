"""Which code each node executes: its fingerprint is in the node's cache key.

A node that is not listed here does not compile: TFX's cache would hand out what its code no longer
makes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from pipeline.errors import PipelineError
from pipeline.graph.fingerprint import PROJECT_ROOT, code_fingerprint

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

_DIGITS = 16
_TENSORFLOW = ("tensorflow", "tensorflow-text")
_DATA_VALIDATION = ("tensorflow-data-validation",)
_TRAINING = (*_TENSORFLOW, "tf-keras")


@dataclass(frozen=True)
class NodeCode:
    """The code of one node.

    Attributes:
        modules: Ours that it starts with: executor, driver, user function, what a name in a
            parameter loads. What they import counts with them.
        releases: Libraries whose release decides on what it makes, beside TFX.
        service_modules: The same as `modules` where a service runs TFX's executors itself, if they
            differ there.
    """

    modules: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    service_modules: tuple[str, ...] | None = None


NODE_CODE: Mapping[str, NodeCode] = {
    "ExampleGen": NodeCode(
        ("components.example_gen.executor", "components.example_gen.driver"), ("pyarrow",)
    ),
    "StatisticsGen": NodeCode(("components.statistics_gen.executor",), _DATA_VALIDATION),
    "SchemaGen": NodeCode((), _DATA_VALIDATION),
    "ExampleValidator": NodeCode(("components.example_validator.executor",), _DATA_VALIDATION),
    "Transform": NodeCode(
        ("components.transform.executor", "models.preprocessing"),
        (*_TENSORFLOW, "tensorflow-transform"),
        ("components.transform.executor", "models.encoder_preprocessing"),
    ),
    "Tuner": NodeCode(("models.tuning",), (*_TRAINING, "keras-tuner")),
    "Trainer": NodeCode(("models.training.run",), _TRAINING),
    "Optimizer": NodeCode(("components.optimizer.executor",), ("tensorflow", "openvino", "nncf")),
    "Resolver": NodeCode(("components.model_resolver.strategy",), (), ()),
    "Evaluator": NodeCode(
        ("components.evaluator.executor", "components.evaluator.metrics"),
        (*_TENSORFLOW, "tensorflow-model-analysis"),
    ),
    # Its executor starts `python -m serving`.
    "InfraValidator": NodeCode(
        ("components.infra_validator.executor", "serving.__main__"), ("tensorflow", "openvino")
    ),
    "Pusher": NodeCode(("components.pusher.executor", "components.pusher.driver")),
}


def node_fingerprint(node_id: str, *, service: bool = False, root: Path = PROJECT_ROOT) -> str:
    """Hash the code that a node executes, and the releases that decide on its results.

    Args:
        node_id: Id of the node.
        service: Whether a service runs TFX's executors itself, as Vertex AI does.
        root: Folder that holds our packages.

    Returns:
        A SHA-256 in hexadecimal digits, cut to 16.

    Raises:
        PipelineError: If the node's code is not declared.
    """
    code = _declared(node_id)
    modules = code.modules
    if service and code.service_modules is not None:
        modules = code.service_modules
    ours = code_fingerprint(*modules, root=root)
    libraries = _releases(("tfx", *code.releases))
    return hashlib.sha256(" ".join([ours, *libraries]).encode()).hexdigest()[:_DIGITS]


def declare_code(node: BaseNode, *, service: bool = False) -> None:
    """Put the fingerprint of a node's code among its exec properties, which its cache key holds.

    A Resolver's cannot be added to before it is compiled: `pipeline.graph.compiling` does that.

    Args:
        node: The node, with its id.
        service: Whether a service runs TFX's executors itself.

    Raises:
        PipelineError: If the node's code is not declared.
    """
    fingerprint = node_fingerprint(node.id, service=service)
    spec = getattr(node, "spec", None)
    if spec is not None:
        spec.exec_properties[CODE_FINGERPRINT_KEY] = fingerprint


def all_releases() -> tuple[str, ...]:
    """Return the releases that decide on what any node makes."""
    return _releases(sorted({name for code in NODE_CODE.values() for name in code.releases}))


def _declared(node_id: str) -> NodeCode:
    code = NODE_CODE.get(node_id)
    if code is None:
        raise PipelineError(
            f"the node {node_id} does not say which code it executes, so its cache key would not "
            "tell when that changes: list it in `pipeline.graph.node_code.NODE_CODE`"
        )
    return code


def _releases(packages: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{package}={_release(package)}" for package in packages)


@cache
def _release(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # compiled where no node runs, or left out
        return ""
