"""The work of `FeatureWriter`: one batch of a feature group for the rows of a run."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import tensorflow_transform as tft
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from bert_aas.features.ingesting import ingest
from bert_aas.features.store import FeatureStore
from bert_aas.features.tokens import made_with
from components.feature_writer.params import WriterSettings
from components.feature_writer.rows import Part, declared, records
from components.tfrecords import read_file
from models.params import LABEL_VOCABULARY

SETTINGS_KEY = "feature_settings"
EXAMPLES_KEY = "examples"
TRANSFORMED_KEY = "transformed_examples"
GRAPH_KEY = "transform_graph"
WRITTEN_KEY = "written"


class Executor(base_executor.BaseExecutor):
    """Write the features, unless the same are there."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write one batch, and say in the artifact `written` which.

        Args:
            input_dict: `examples`, `transformed_examples` of the same rows, `transform_graph`.
            output_dict: `written`, a text: JSON with group, version, rows, whether they
                are new, the store, and the columns with their types.
            exec_properties: `feature_settings`, a `WriterSettings` as JSON.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        settings = WriterSettings.model_validate_json(exec_properties[SETTINGS_KEY])
        examples = artifact_utils.get_single_instance(input_dict[EXAMPLES_KEY])
        transformed = artifact_utils.get_single_instance(input_dict[TRANSFORMED_KEY])
        graph = artifact_utils.get_single_uri(input_dict[GRAPH_KEY])
        parts = _parts(examples, transformed)
        definition = declared(settings, _fingerprint(settings, graph))
        store = FeatureStore(Path(settings.store))
        version = store.declare(settings.group, definition)
        run = (self._run_id(), datetime.now(timezone.utc).isoformat())
        rows = records(parts, settings, definition, run)
        done = ingest(store, settings.group, version, rows, _batch(parts, settings))
        written = {
            "group": settings.group,
            "version": version.number,
            "rows": done.rows,
            "is_new": done.is_new,
            "store": settings.store,
            "columns": definition.columns,
        }
        artifact_utils.get_single_instance(output_dict[WRITTEN_KEY]).write(json.dumps(written))

    def _run_id(self) -> str:
        return str(self._context.pipeline_run_id or "") if self._context else ""


def _parts(examples: types.Artifact, transformed: types.Artifact) -> list[Part]:
    """Pair the files: Transform makes one of each, and keeps their order."""
    parts = []
    for split in artifact_utils.decode_split_names(examples.split_names):
        raw = _files(artifact_utils.get_split_uri([examples], split))
        made = _files(artifact_utils.get_split_uri([transformed], split))
        parts += [Part(split, *pair) for pair in zip(raw, made, strict=True)]
    return parts


def _files(folder: str) -> list[str]:
    return sorted(str(path) for path in fileio.glob(f"{folder}/*"))


def _fingerprint(settings: WriterSettings, graph: str) -> str:
    """Say what the features are made with: tokenizer, columns, what became of the labels."""
    classes = tft.TFTransformOutput(graph).vocabulary_by_name(LABEL_VOCABULARY)
    columns = list(declared(settings, "").columns)
    rules = [settings.label_rules.model_dump_json()] if settings.label_rules else []
    others = _digest([*map(str.encode, [*columns, *rules]), *map(bytes, classes)])
    return made_with(settings.fingerprint, others)


def _batch(parts: Sequence[Part], settings: WriterSettings) -> str:
    """Name the batch by its content: a second run on the same rows adds nothing."""
    told = f"{settings.params.event_time_column} {settings.slices}".encode()
    contents = (read_file(path) for part in parts for path in (part.raw, part.transformed))
    return f"run {_digest(itertools.chain([told], contents))}"


def _digest(contents: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for content in contents:
        found.update(hashlib.sha256(content).digest())
    return found.hexdigest()
