"""Read the facts of a pushed model: from its run's metadata and artifacts, and from its folder."""

import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from bert_aas.bias.files import ANALYSIS_FILE, OWN_KEY
from bert_aas.cards.facts import (
    Bias,
    BiasRow,
    Condition,
    Data,
    Environment,
    Evaluation,
    Figure,
    Group,
    ModelFacts,
    Training,
)
from bert_aas.contracts.files.hashes import files_hashes, joined_hash
from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.names import SIGNATURE_FILE
from components.tfrecords import read_file
from pipeline.config.stored_config import stored_config
from pipeline.governance.models import FoundModel
from pipeline.governance.registrations import registration
from pipeline.governance.sources import outer_sources
from pipeline.metadata.ancestry import read_executions
from pipeline.metadata.estimates import Estimate, MetricGroup
from pipeline.metadata.opening import open_store
from pipeline.metadata.records import FAILED, ArtifactRecord, NodeRecord, read_run
from pipeline.report.sections import bias as bias_section
from pipeline.report.sections import data as data_section
from pipeline.report.sections import evaluation as evaluation_section
from pipeline.report.sections import optimizer as optimizer_section
from pipeline.report.sections import schema as schema_section
from pipeline.report.sections import training as training_section
from pipeline.runs.conditions import read_blessing, read_conditions
from pipeline.runs.stored_parameters import (
    ENCODER_CONTENT,
    content_fingerprints,
    stored_fingerprints,
    stored_parameters,
)

_CODE = "code of "

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class ReadModel:
    """A pushed model as it was read.

    Attributes:
        facts: What its papers are filled from.
        data: The section of the report about its rows, for pictures.
        training: That about its training.
        evaluation: That about its evaluation.
    """

    facts: ModelFacts
    data: data_section.Data | None
    training: training_section.Training | None
    evaluation: evaluation_section.Evaluation | None


def read_model(found: FoundModel, environment: Environment) -> ReadModel:
    """Read everything that is known of a model.

    Args:
        found: The model.
        environment: Where it was made.

    Returns:
        Its facts; what cannot be read is a note among them.
    """
    store = open_store(found.connection)
    events = store.get_events_by_artifact_ids([found.made_id])
    (made,) = read_executions(store, {min(event.execution_id for event in events)})
    reader = _Reader(read_run(found.connection, made.run_id))
    data, training, evaluation = reader.data(), reader.training(), reader.evaluation()
    files = _files(found.folder)
    facts = ModelFacts(
        name=made.pipeline,
        version=found.number,
        folder=found.folder,
        run_id=made.run_id,
        made_at=made.ended.isoformat(timespec="seconds"),
        is_pushed=found.registered is None,
        registered=reader.registered(),
        sha256=joined_hash(files) if files else found.content,
        files=files,
        size_bytes=_size(found.folder, files),
        forms=reader.forms(),
        data=reader.data_facts(data),
        training=reader.training_facts(training),
        evaluation=reader.evaluation_facts(evaluation),
        bias=tuple(reader.bias()),
        conditions=reader.conditions(),
        environment=environment,
        code=reader.code(),
        notes=tuple(reader.notes),
    )
    return ReadModel(facts, data, training, evaluation)


class _Reader:
    """Reads the artifacts of one run; what is missing or damaged is a note."""

    def __init__(self, nodes: Mapping[str, NodeRecord]) -> None:
        self.nodes = nodes
        self.told = stored_parameters(nodes)
        self.config = stored_config(self.told)
        self.notes: list[str] = []

    def data(self) -> data_section.Data | None:
        """Read the rows from the statistics."""
        examples = self._artifact("Preparer", "examples") or self._artifact(
            "ExampleGen", "examples"
        )
        statistics = self._artifact("StatisticsGen", "statistics")
        if examples is None or self.config is None:
            return None
        config = self.config
        return self._kept(
            "the data",
            lambda: data_section.read_data_section(examples, statistics, config),
        )

    def training(self) -> training_section.Training | None:
        """Read the history of the training."""
        metric = str(self.told.get("train.early_stopping_metric", "accuracy"))
        return self._output(
            "Trainer", "model_run", lambda one: training_section.read_training(one.uri, metric)
        )

    def evaluation(self) -> evaluation_section.Evaluation | None:
        """Read what was measured."""
        graph = self._artifact("Transform", "transform_graph")
        metric = str(self.told.get("evaluate.metric", "accuracy"))

        def read(one: ArtifactRecord) -> evaluation_section.Evaluation:
            classes = evaluation_section.read_vocabulary(graph.uri) if graph else []
            return evaluation_section.read_evaluation(one.uri, classes, metric)

        return self._output("Evaluator", "evaluation", read)

    def forms(self) -> tuple[str, ...]:
        """List the faster forms that were kept."""
        found = self._output(
            "Optimizer", "model", lambda one: optimizer_section.read_variants(one.uri)
        )
        return tuple(one.name for one in found.variants if one.kept) if found else ()

    def data_facts(self, found: data_section.Data | None) -> Data:
        """Arrange what is known of the data."""
        path = str(self.told.get("data.path", ""))
        texts = (self.told.get("data.text_column"), self.told.get("data.text_pair_column"))
        files = [one.thing for one in outer_sources(self.nodes) if one.thing.type == "DataFile"]
        limits = [f"{one.name}: {one.note}" for one in files if one.note]
        if found and found.rejected:
            limits.append(f"{found.rejected:,} rows could not be used and were left out")
        return Data(
            source=path,
            sha256=files[0].digest if len(files) == 1 else "",
            text_columns=tuple(str(name) for name in texts if name),
            label_column=str(self.told.get("data.label_column", "")),
            splits={one.name: one.rows for one in found.splits} if found else {},
            classes=found.classes if found else (),
            class_counts=found.class_counts if found else {},
            split_by=found.split_by if found else "",
            schema=self._schema(),
            limits=tuple(limits),
        )

    def training_facts(self, found: training_section.Training | None) -> Training:
        """Arrange what is known of the training."""
        node = self.nodes.get("Trainer")
        told = {name: value for name, value in self.told.items() if not name.startswith("data.")}
        return Training(
            encoder=str(self.told.get("encoder.source", "")),
            encoder_sha256=content_fingerprints(self.nodes).get(ENCODER_CONTENT, ""),
            hyperparameters=dict(found.hyperparameters) if found else {},
            parameters=told,
            epochs=tuple(_epochs(found)),
            best_epoch=found.best_epoch if found else None,
            precision=(found.precision or "") if found else "",
            seconds=node.seconds if node else 0.0,
            teacher=str(self.told.get("train.teacher") or ""),
        )

    def evaluation_facts(self, found: evaluation_section.Evaluation | None) -> Evaluation:
        """Arrange what was measured."""
        if found is None:
            return Evaluation()
        return Evaluation(
            metric=found.metric,
            rows=found.rows,
            overall=_figures(found.overall),
            baseline={k: v for k, v in found.baseline.items() if k in found.overall},
            classes=tuple(map(_group, found.by_class)),
            slices=tuple(map(_group, found.slices)),
            confusion=found.confusion,
            verdict=str(read_blessing(self.nodes).get("reason", "")),
        )

    def bias(self) -> Iterator[Bias]:
        """Read what was found about groups of rows, before and after the training."""
        for node, when in (("BiasDetector", "before"), ("ModelBiasDetector", "after")):
            found = self._output(node, "analysis", _read_bias)
            if found:
                yield Bias(f"{when} training", *found)

    def conditions(self) -> tuple[Condition, ...]:
        """Read how the conditions came out, where the run has written them."""
        return tuple(
            Condition(str(one["name"]), str(one["outcome"]), str(one["sentence"]))
            for one in read_conditions(self.nodes)
        )

    def registered(self) -> str:
        """Say which version of which registered model it is."""
        noted = self._artifact("Registrar", "registration")
        found = registration(noted.id, noted.properties) if noted else None
        return f"{found.model}, version {found.number}" if found else ""

    def code(self) -> dict[str, str]:
        """List the fingerprints of the nodes' code."""
        found = stored_fingerprints(self.nodes)
        return {
            name.removeprefix(_CODE): value
            for name, value in found.items()
            if name.startswith(_CODE)
        }

    def _schema(self) -> tuple[tuple[str, str, str], ...]:
        config = self.config
        if config is None:
            return ()
        rows = self._output(
            "SchemaGen", "schema", lambda one: schema_section.read_schema(one.uri, config)
        )
        return tuple((row.name, row.type, row.values or "any") for row in rows or ())

    def _artifact(self, node_id: str, key: str) -> ArtifactRecord | None:
        node = self.nodes.get(node_id)
        return node.output(key) if node and node.state != FAILED else None

    def _output(self, node_id: str, key: str, read: Callable[[ArtifactRecord], _T]) -> _T | None:
        artifact = self._artifact(node_id, key)
        if artifact is None:
            return None
        return self._kept(f"the output {key} of {node_id}", lambda: read(artifact))

    def _kept(self, what: str, read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except Exception as exc:  # a damaged artifact must not cost the rest of the card
            _logger.warning("%s cannot be read", what, exc_info=True)
            self.notes.append(f"Missing here: {what} cannot be read ({type(exc).__name__}).")
            return None


def _epochs(found: training_section.Training | None) -> Iterator[dict[str, float]]:
    for epoch in found.epochs if found else ():
        figures = {"epoch": epoch.number} | {
            name: value for name, value in asdict(epoch).items() if name != "number"
        }
        yield {name: value for name, value in figures.items() if math.isfinite(value)}


def _read_bias(artifact: ArtifactRecord) -> tuple[str, tuple[BiasRow, ...]]:
    content = json.loads(read_file(f"{artifact.uri}/{ANALYSIS_FILE}"))
    own = content[OWN_KEY].get("after")
    if own is None:  # of the labels alone, before a training
        own = content[OWN_KEY]
        verdict = bias_section.read_bias(content).verdict
    else:
        verdict = str(own.get("verdict") or "")
    rows = tuple(_bias_row(one) for one in own["comparisons"])
    return verdict or "measured, without limits", rows


def _bias_row(one: Mapping[str, Any]) -> BiasRow:
    figures = {
        str(metric["name"]): Figure(metric["value"], *(metric.get("interval") or (None, None)))
        for metric in one["metrics"]
        if metric.get("value") is not None
    }
    return BiasRow(
        facet=str(one["facet"]),
        value=str(one["value_or_threshold"]),
        positive=", ".join(map(str, one.get("positive") or ())),
        rows=int(one.get("rows_d") or 0),
        figures=figures,
    )


def _group(group: MetricGroup) -> Group:
    return Group(group.name, group.rows, _figures(group.metrics), group.column)


def _figures(found: Mapping[str, Estimate]) -> dict[str, Figure]:
    return {name: _figure(one) for name, one in found.items() if math.isfinite(one.value)}


def _figure(one: Estimate) -> Figure:
    if math.isfinite(one.low) and math.isfinite(one.high):
        return Figure(one.value, one.low, one.high)
    return Figure(one.value)


def _files(folder: str) -> dict[str, str]:
    if is_remote(folder) or not Path(folder).is_dir():
        return {}
    return files_hashes(Path(folder), {SIGNATURE_FILE})


def _size(folder: str, files: Mapping[str, str]) -> int:
    return sum(Path(folder, name).stat().st_size for name in files)
