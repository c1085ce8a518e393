"""What the catalogue says about a node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode
    from tfx.types import Channel

    from models.encoders.resolving import EncoderModule
    from pipeline.config.pipeline_config import PipelineConfig

Parameters: TypeAlias = Mapping[str, Any]
"""Exec properties, by name."""
Sections: TypeAlias = Iterator[tuple[str, Mapping[str, Any]]]
"""Sections of the configuration with their fields."""


@dataclass(frozen=True)
class ServiceOptions:
    """What differs where a service runs TFX's executors itself, as Vertex AI does.

    There, neither TFX's drivers nor resolver strategies of our own run, metadata is the service's,
    and this machine's files are out of reach.

    Attributes:
        content_fingerprint: Of the data, for the cache key of ExampleGen; `None` if it is unknown.
        preprocessing_fn: Path of Transform's function.
        transform_config: Its `custom_config`.
    """

    content_fingerprint: str | None
    preprocessing_fn: str
    transform_config: Mapping[str, str]


@dataclass(frozen=True)
class NodeCode:
    """The code that a node executes; the fingerprint of it is in the node's cache key.

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


@dataclass(frozen=True)
class Told:
    """What the parameters of a node are made of.

    Attributes:
        config: The configuration of the run.
        encoder: The resolved encoder, for nodes with `needs_encoder`; `None` where the node
            resolves it when it runs.
        code: The fingerprint of the node's code.
        tokenizer: The fingerprint of the code that cleans and tokenizes texts.
    """

    config: PipelineConfig
    encoder: EncoderModule | None
    code: str
    tokenizer: str = ""


@dataclass
class Assembly:
    """A graph while it is put together.

    Attributes:
        told: What the parameters of the next node are made of.
        service: What differs where a service runs the executors.
        nodes: The nodes so far, by id, in their order.
        channels: Name to the channel that the last node with an output of this name offers.
        makers: Name of a channel to that node.
    """

    told: Told
    service: ServiceOptions | None = None
    nodes: dict[str, BaseNode] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    makers: dict[str, BaseNode] = field(default_factory=dict)

    @property
    def config(self) -> PipelineConfig:
        """The configuration."""
        return self.told.config


def in_custom_config(
    make: Callable[[Told], Mapping[str, str]],
) -> Callable[[Told], Mapping[str, str]]:
    """Tell a node of TFX that calls a function of ours by its `custom_config`.

    Args:
        make: Makes the `custom_config`.

    Returns:
        What makes the node's exec properties.
    """

    def parameters(told: Told) -> dict[str, str]:
        from tfx.utils import json_utils

        return {"custom_config": json_utils.dumps(make(told))}

    return parameters


def always(config: PipelineConfig) -> bool:
    """Say of a node that every graph has it.

    Args:
        config: The configuration.

    Returns:
        `True`.
    """
    del config
    return True


def _nothing(given: Any) -> dict[str, Any]:
    del given
    return {}


def _no_sections(given: Parameters) -> Sections:
    del given
    return iter(())


@dataclass(frozen=True)
class CatalogueNode:
    """One node.

    Attributes:
        id: Its id in the graph.
        build: Makes TFX's component, without its id.
        code: The code that it executes.
        offers: Name of a channel to the key of the output; later nodes take channels by these
            names, and a later node may offer another one of the same name. An optional output that
            the node was built without is not offered.
        waits_for: Ids of nodes that must have ended before, beside those whose outputs it takes;
            those that a graph does not have are passed over.
        enabled: Whether the graph of a configuration has it.
        parameters: Makes the exec properties that depend on configuration and encoder, as TFX's
            compiler spells them: for a graph that was compiled earlier, and for a run's `--set`.
        stored: Reads the configuration back from the exec properties of a past execution.
        shape: The fields of the configuration that decide on the node's place in the graph.
        needs_encoder: Whether its parameters depend on the encoder's content.
        trains: Whether it trains: its step gets the trainer's resources, time-out and pool.
        kubeflow_outputs: Artifacts of its step in Kubeflow Pipelines, with KFP's types.
        unseen_files: Whether, on a service, its cache key would not tell that a file has changed.
    """

    id: str
    build: Callable[[Assembly], BaseNode]
    code: NodeCode
    offers: Mapping[str, str] = field(default_factory=dict)
    waits_for: tuple[str, ...] = ()
    enabled: Callable[[PipelineConfig], bool] = always
    parameters: Callable[[Told], Mapping[str, str]] = _nothing
    stored: Callable[[Parameters], Sections] = _no_sections
    shape: Callable[[PipelineConfig], Mapping[str, Any]] = _nothing
    needs_encoder: bool = False
    trains: bool = False
    kubeflow_outputs: Mapping[str, str] = field(default_factory=dict)
    unseen_files: Callable[[Assembly], bool] = lambda assembly: False
