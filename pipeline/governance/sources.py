"""What a model was made of that no node made: raw data, encoder, teacher, curated schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.hashes import file_hash
from bert_aas.contracts.files.locations import is_remote
from bert_aas.lineage.graph import Thing
from components.example_gen.fingerprint import content_fingerprint
from components.example_gen.params import DataParams
from components.example_gen.reading.sources import find_files
from pipeline.graph.catalogue.reading import parsed
from pipeline.metadata.records import NodeRecord
from pipeline.runs.stored_parameters import (
    DATA_CONTENT,
    ENCODER_CONTENT,
    TEACHER_CONTENT,
    content_fingerprints,
    stored_parameters,
)

_MOST_FILES = 20


@dataclass(frozen=True)
class Source:
    """Something from outside of the graph.

    Attributes:
        thing: What it is.
        readers: Ids of the nodes that read it.
    """

    thing: Thing
    readers: tuple[str, ...]


def outer_sources(nodes: Mapping[str, NodeRecord]) -> Iterator[Source]:
    """List what some nodes read that no node made.

    Args:
        nodes: Node id to what it was told and made.

    Yields:
        The files of the data, each with its hash if they are still what was read; the encoder; the
        teacher and the schema where there is one.
    """
    told, contents = stored_parameters(nodes), content_fingerprints(nodes)
    for thing in _data(nodes, contents.get(DATA_CONTENT, "")):
        yield Source(thing, ("ExampleGen",))
    encoder = told.get("encoder.source")
    if encoder:
        yield Source(
            _named("Encoder", str(encoder), contents.get(ENCODER_CONTENT, "")),
            ("Transform", "Trainer", "Tuner"),
        )
    if told.get("train.teacher"):
        teacher = str(told["train.teacher"])
        yield Source(_named("Teacher", teacher, contents.get(TEACHER_CONTENT, "")), ("Trainer",))
    if told.get("validate.schema_path"):
        yield Source(_named("SchemaFile", str(told["validate.schema_path"]), ""), ("SchemaGen",))


def _named(kind: str, name: str, digest: str) -> Thing:
    is_place = name.startswith("/") or is_remote(name)
    return Thing(f"{kind}:{name}", name, kind, name if is_place else "", digest)


def _data(nodes: Mapping[str, NodeRecord], content: str) -> Iterator[Thing]:
    told: dict[str, Any] = parsed(
        nodes["ExampleGen"].parameters.get("data_params") if "ExampleGen" in nodes else None
    )
    path = str(told.get("path") or "")
    if not path:
        return
    try:
        files = find_files(DataParams.model_validate(told))
        is_same = not is_remote(path) and content_fingerprint(files) == content
    except (InvalidInputError, ValidationError, OSError):
        files, is_same = (), False
    if is_same and len(files) <= _MOST_FILES:
        for file in files:
            yield _file(file.path)
    else:
        state = "unchanged" if is_same else _what_happened(path, bool(files))
        note = f"{state}; the run read content {content}" if content else state
        yield Thing(f"DataFile:{path}", path, "DataFile", path, note=note)


def _file(path: str) -> Thing:
    return Thing(f"DataFile:{path}", path, "DataFile", path, file_hash(Path(path)))


def _what_happened(path: str, is_there: bool) -> str:
    if is_remote(path):
        return "not looked at"
    return "changed since" if is_there else "no longer there"
