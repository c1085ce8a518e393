"""A compiled pipeline: TFX's intermediate representation with the configuration it came from."""

import base64
import binascii
import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pydantic import ValidationError
from tfx.proto.orchestration import (
    executable_spec_pb2,  # noqa: F401 - an IR holds its messages
    pipeline_pb2,
)

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.locations import absolute, is_remote
from pipeline.config.pipeline_config import PipelineConfig, secret_refused
from pipeline.graph.catalogue.order import entry_of
from pipeline.graph.shape.run_parameters import run_parameters
from pipeline.graph.shape.topology import Topology, TopologyNode

DATA_URI = "data:application/gzip;base64,"
_NOT_OURS = "{} is not a compiled pipeline that `bert-aas` wrote"


@dataclass(frozen=True)
class CompiledPipeline:
    """What runs of a pipeline start from.

    Attributes:
        config: The configuration; all local paths are absolute.
        ir: TFX's intermediate representation, with the run's id still open.
        made_by: `pipeline.graph.code.fingerprint.graph_fingerprint` of the code that compiled it.
    """

    config: PipelineConfig
    ir: pipeline_pb2.Pipeline
    made_by: str = ""

    def topology(self) -> Topology:
        """Return the shape of the graph and the parameters of a run."""
        nodes = tuple(_topology_node(node.pipeline_node) for node in self.ir.nodes)
        return Topology(self.config.name, nodes, run_parameters(self.config))


def write_compiled(compiled: CompiledPipeline, path: Path) -> None:
    """Write a compiled pipeline as JSON, all at once.

    Args:
        compiled: The compiled pipeline.
        path: File to write.
    """
    write_text(path, json.dumps(_content(compiled), indent=1))


def read_compiled(location: str) -> CompiledPipeline:
    """Read a compiled pipeline.

    Args:
        location: File that `write_compiled` wrote: a path or a URI that TFX reads; or what
            `encode_node` returned.

    Returns:
        The compiled pipeline.

    Raises:
        InvalidInputError: If it cannot be read or is no compiled pipeline.
    """
    packed = _read(location)
    name = "the given data: URI" if location.startswith(DATA_URI) else location
    try:
        content = json.loads(packed)
        config = PipelineConfig.model_validate_json(json.dumps(content["config"]))
        ir = json_format.ParseDict(content["ir"], pipeline_pb2.Pipeline())
    except (ValueError, KeyError, TypeError, json_format.ParseError) as exc:
        reason = secret_refused(exc) if isinstance(exc, ValidationError) else None
        complaint = f"the compiled pipeline {name} cannot be used: {reason}"
        raise InvalidInputError(complaint if reason else _NOT_OURS.format(name)) from None
    if not ir.nodes:
        raise InvalidInputError(_NOT_OURS.format(name))
    return CompiledPipeline(config, ir, str(content.get("made_by", "")))


def encode_node(compiled: CompiledPipeline, node_id: str) -> str:
    """Pack what one node needs into an argument of a command line.

    Args:
        compiled: The compiled pipeline.
        node_id: Id of the node.

    Returns:
        A `data:` URI of a few kilobytes that `read_compiled` reads.
    """
    content = _content(CompiledPipeline(compiled.config, _only(compiled.ir, node_id)))
    packed = gzip.compress(json.dumps(content).encode(), mtime=0)
    return DATA_URI + base64.b64encode(packed).decode()


def _only(ir: pipeline_pb2.Pipeline, node_id: str) -> pipeline_pb2.Pipeline:
    cut = pipeline_pb2.Pipeline()
    cut.CopyFrom(ir)
    for entry in cut.nodes:
        node = entry.pipeline_node
        if node.node_info.id != node_id:  # of the others the report needs the place in the graph
            entry.pipeline_node.CopyFrom(
                pipeline_pb2.PipelineNode(
                    node_info=pipeline_pb2.NodeInfo(id=node.node_info.id),
                    upstream_nodes=node.upstream_nodes,
                    downstream_nodes=node.downstream_nodes,
                )
            )
    return cut


def _content(compiled: CompiledPipeline) -> dict[str, Any]:
    return {
        "config": compiled.config.model_dump(mode="json", by_alias=True),
        "ir": json_format.MessageToDict(compiled.ir),
        "made_by": compiled.made_by,
    }


def _read(location: str) -> bytes:
    if location.startswith(DATA_URI):
        return _unpack(location)
    try:
        if is_remote(location):
            from tfx.dsl.io import fileio

            with fileio.open(location, "rb") as file:
                return bytes(file.read())
        return Path(absolute(location)).read_bytes()
    except OSError as exc:
        reason = exc.strerror or exc
        error = UnavailableError if is_remote(location) else InvalidInputError
        raise error(f"the compiled pipeline {location} cannot be read: {reason}") from exc


def _unpack(location: str) -> bytes:
    try:
        packed = base64.b64decode(location.removeprefix(DATA_URI), validate=True)
        return gzip.decompress(packed)
    except (binascii.Error, OSError, EOFError, zlib.error) as exc:
        raise InvalidInputError("the given data: URI is cut off or damaged") from exc


def _topology_node(node: pipeline_pb2.PipelineNode) -> TopologyNode:
    return TopologyNode(
        id=node.node_info.id,
        upstream=tuple(sorted(node.upstream_nodes)),
        inputs={
            key: spec.channels[0].artifact_query.type.name
            for key, spec in sorted(node.inputs.inputs.items())
            if spec.channels and not spec.hidden
        },
        outputs={
            key: spec.artifact_spec.type.name for key, spec in sorted(node.outputs.outputs.items())
        },
        trains=entry_of(node.node_info.id).trains,
    )
