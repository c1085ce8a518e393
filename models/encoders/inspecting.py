"""Read the facts about a TF-Hub BERT module from its files, without loading it."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.exporting import INPUT_NAMES
from models.encoders.facts import EncoderFacts
from models.encoders.operations import check_operations

_OUTPUT = "sequence_output"
_WANTED = (
    "a TF-Hub BERT encoder (input_word_ids, input_mask, input_type_ids to sequence_output, with "
    "vocab_file and do_lower_case) is needed"
)


def inspect_module(folder: Path, source: str) -> EncoderFacts:
    """Check a module's interface and read its facts.

    Args:
        folder: The module.
        source: What the user called it, for messages.

    Returns:
        Its facts.

    Raises:
        InvalidInputError: If it is no TF-Hub BERT encoder, a weight is not finite, or its graph
            would read or write files or run Python.
    """
    model = _read_saved_model(folder, source)
    check_operations(model, f"The encoder {source}")
    try:
        facts = _facts(model, folder)
        broken = _find_not_finite(folder)
    except (_NoEncoderError, tf.errors.OpError, IndexError, KeyError) as exc:
        raise InvalidInputError(
            f"The encoder {source} is a SavedModel, but not an encoder ({exc}); {_WANTED}."
        ) from exc
    if broken:
        raise InvalidInputError(
            f"The encoder {source} has weights that are not finite (NaN or infinity), in {broken}; "
            "fetch it or make it again."
        )
    return facts


class _NoEncoderError(Exception):
    """What an encoder has and this module lacks, in a few words."""


def _read_saved_model(folder: Path, source: str) -> Any:
    """Parse `saved_model.pb`."""
    path = folder / "saved_model.pb"
    if not path.is_file():
        if (folder / "config.json").is_file():
            raise InvalidInputError(
                f"The encoder {source} is a Hugging Face folder; turn it into a module with "
                f"`bert-aas encoder import {source} --output DIR` and give DIR."
            )
        raise InvalidInputError(f"The encoder {source} has no saved_model.pb; {_WANTED}.")
    model = saved_model_pb2.SavedModel()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as exc:
        raise InvalidInputError(
            f"The encoder {source} has a damaged saved_model.pb; {_WANTED}."
        ) from exc
    return model


def _facts(model: Any, folder: Path) -> EncoderFacts:
    """Collect the facts from the graph of saved objects."""
    graph = model.meta_graphs[0].object_graph_def
    children = {child.local_name: child.node_id for child in graph.nodes[0].children}
    absent = [name for name in ("vocab_file", "do_lower_case") if name not in children]
    if absent:
        raise _NoEncoderError(f"it has no {' and no '.join(absent)}")
    _check_inputs(graph, children)
    asset = graph.nodes[children["vocab_file"]].asset.asset_file_def_index
    name = PurePosixPath(model.meta_graphs[0].asset_file_def[asset].filename)
    vocab = folder / "assets" / name
    if name.is_absolute() or ".." in name.parts:
        raise _NoEncoderError("its vocabulary lies outside its folder")
    if not vocab.is_file():
        raise _NoEncoderError(f"its vocabulary {vocab} is absent")
    values = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    return EncoderFacts(
        vocab=vocab.relative_to(folder).as_posix(),
        do_lower_case=bool(values.get_tensor("do_lower_case/.ATTRIBUTES/VARIABLE_VALUE")),
        max_seq_length=_count_positions(graph),
        hidden_size=_hidden_size(graph, children),
    )


def _find_not_finite(folder: Path) -> str:
    """Name the first variable that holds NaN or infinity; empty if none does."""
    values = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
    for name, kind in sorted(values.get_variable_to_dtype_map().items()):
        if kind.is_floating and not np.isfinite(values.get_tensor(name)).all():
            return str(name).split("/.ATTRIBUTES")[0]
    return ""


def _concrete_functions(graph: Any, children: dict[str, int]) -> list[Any]:
    """List the traces of the module's `__call__`."""
    if "__call__" not in children:
        raise _NoEncoderError("it cannot be called")
    names = graph.nodes[children["__call__"]].function.concrete_functions
    return [graph.concrete_functions[name] for name in names]


def _check_inputs(graph: Any, children: dict[str, int]) -> None:
    """Refuse a module that does not take BERT's three inputs."""
    traces = _concrete_functions(graph, children)
    taken = {name for trace in traces for name, _ in _fields(trace.canonicalized_input_signature)}
    absent = [name for name in INPUT_NAMES if name not in taken]
    if absent:
        raise _NoEncoderError(f"it takes no {' and no '.join(absent)}")


def _hidden_size(graph: Any, children: dict[str, int]) -> int:
    """Read the width of `sequence_output`."""
    for trace in _concrete_functions(graph, children):
        for name, value in _fields(trace.output_signature):
            if name == _OUTPUT:
                return int(value.tensor_spec_value.shape.dim[-1].size)
    raise _NoEncoderError(f"it gives no {_OUTPUT}")


def _count_positions(graph: Any) -> int:
    """Count the rows of the position embeddings."""
    for node in graph.nodes:
        if "position_embedding" in node.variable.name and len(node.variable.shape.dim) > 1:
            return int(node.variable.shape.dim[-2].size)
    raise _NoEncoderError("it has no position embeddings")


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Give all named entries of a structured value, at any depth."""
    kind = value.WhichOneof("kind")
    if kind == "dict_value":
        for name, entry in value.dict_value.fields.items():
            yield name, entry
            yield from _fields(entry)
    elif kind in {"tuple_value", "list_value"}:
        for entry in getattr(value, kind).values:
            yield from _fields(entry)
