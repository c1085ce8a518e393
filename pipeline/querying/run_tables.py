"""The runs of output folders as tables: what they were told, measured, made, and their splits."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from bert_aas.catalogue.contents import Batches, Content, Offered
from bert_aas.catalogue.names import LAST_RUN, MAIN, RUN_TABLES, TableName, run_number
from bert_aas.tables.arrow import pa
from pipeline.metadata.records import ArtifactRecord
from pipeline.querying.explanation_rows import explanation_rows
from pipeline.querying.split_rows import split_content
from pipeline.runs.past_runs import PastRun, past_runs

_Rows = list[tuple[Any, ...]]

_TIME = pa.timestamp("us", tz="UTC")
_TEXT, _NUMBER, _WHOLE = pa.string(), pa.float64(), pa.int64()
_SPLITS_OF = ("Transform", "StatisticsGen", "Trainer")
"""Who reads the splits that a run trained on, whichever node made them."""

_SUMMARIES = {
    "runs": "one row for each run, with its state, accuracy and pushed model",
    "nodes": "one row for each node of each run, with its state and time",
    "parameters": "what the nodes of each run were told",
    "metrics": "the metrics of each run on its test split, with their intervals",
    "artifacts": "what the nodes of each run made, and where it is",
    "conditions": "the conditions of each run's model, what was measured, and how they came out",
    "explanations": "the words that each run's predictions rest on, by class and slice",
}
_SCHEMAS = {
    "runs": pa.schema(
        [
            ("run", _WHOLE),
            ("run_id", _TEXT),
            ("pipeline", _TEXT),
            ("output_dir", _TEXT),
            ("started", _TIME),
            ("state", _TEXT),
            ("seconds", _NUMBER),
            ("accuracy", _NUMBER),
            ("pushed_model", _TEXT),
        ]
    ),
    "nodes": pa.schema([("run", _WHOLE), ("node", _TEXT), ("state", _TEXT), ("seconds", _NUMBER)]),
    "parameters": pa.schema([("run", _WHOLE), ("name", _TEXT), ("value", _TEXT)]),
    "metrics": pa.schema(
        [("run", _WHOLE), ("name", _TEXT), ("value", _NUMBER), ("low", _NUMBER), ("high", _NUMBER)]
    ),
    "artifacts": pa.schema(
        [("run", _WHOLE), ("node", _TEXT), ("output", _TEXT), ("type", _TEXT), ("uri", _TEXT)]
    ),
    "conditions": pa.schema(
        [
            ("run", _WHOLE),
            ("name", _TEXT),
            ("metric", _TEXT),
            ("class", _TEXT),
            ("slice", _TEXT),
            ("operator", _TEXT),
            ("bound", _TEXT),
            ("measured", _NUMBER),
            ("baseline", _NUMBER),
            ("outcome", _TEXT),
            ("decides", pa.bool_()),
            ("sentence", _TEXT),
        ]
    ),
    "explanations": pa.schema(
        [
            ("run", _WHOLE),
            ("class", _TEXT),
            ("slice", _TEXT),
            ("word", _TEXT),
            ("rows", _WHOLE),
            ("mean", _NUMBER),
            ("low", _NUMBER),
            ("high", _NUMBER),
            ("mean_abs", _NUMBER),
        ]
    ),
}


class RunTables:
    """Offers the runs of some output folders; read when a query names one of its tables."""

    def __init__(self, folders: Callable[[], Sequence[str]]) -> None:
        """Take the folders.

        Args:
            folders: Finds them.
        """
        self._folders = folders

    def find(self, name: TableName) -> Offered | None:
        """Find a table by its name, in whatever case it is spelt."""
        schema, table = name.key
        if schema == MAIN:
            return self._run_table(table) if table in RUN_TABLES else None
        if schema != LAST_RUN and run_number(schema) is None:
            return None
        found = (one for one in self._splits() if one.name.key == name.key)
        return next(found, None)

    def offered(self) -> Iterator[Offered]:
        """List all tables."""
        if self._runs:
            yield from map(self._run_table, RUN_TABLES)
            yield from self._splits()

    @cached_property
    def _runs(self) -> list[tuple[str, PastRun]]:
        """The runs with their folders, the oldest first: the first one is run 1."""
        found = [(folder, run) for folder in self._folders() for run in past_runs(folder)]
        return sorted(found, key=lambda pair: (pair[1].started, pair[1].id))

    def _run_table(self, table: str) -> Offered:
        return Offered(
            TableName(MAIN, table), "runs", _SUMMARIES[table], lambda: self._content(table)
        )

    def _content(self, table: str) -> Content:
        schema = _SCHEMAS[table]
        rows = [
            row
            for number, (folder, run) in enumerate(self._runs, start=1)
            for row in _ROWS[table](number, folder, run)
        ]
        columns = list(zip(*rows, strict=True)) or [() for _ in schema]
        arrays = [
            pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
        return Batches(schema, lambda: iter([batch]))

    def _splits(self) -> Iterator[Offered]:
        with_splits = [
            (number, run, examples)
            for number, (_, run) in enumerate(self._runs, start=1)
            if (examples := _examples(run)) is not None
        ]
        for number, run, examples in reversed(with_splits):
            for split in _split_names(examples):
                what = f"the {split} split of run {number} ({run.id})"
                yield _split(f"run_{number}", split, what, examples)
                if number == with_splits[-1][0]:
                    yield _split(LAST_RUN, split, what, examples)


def _split(schema: str, split: str, what: str, examples: ArtifactRecord) -> Offered:
    folder = f"{examples.uri}/Split-{split}"
    name = TableName(schema, split)
    return Offered(name, "split", what, lambda: split_content(folder, str(name)))


def _examples(run: PastRun) -> ArtifactRecord | None:
    """Find the examples that a run trained on."""
    for node in _SPLITS_OF:
        given = run.nodes[node].inputs.get("examples", []) if node in run.nodes else []
        if given:
            return given[0]
    return run.artifact("ExampleGen", "examples")


def _split_names(examples: ArtifactRecord) -> list[str]:
    names = examples.properties.get("split_names") or "[]"
    return [str(name) for name in json.loads(names)]


def _run_rows(number: int, folder: str, run: PastRun) -> _Rows:
    accuracy = run.metrics.get("accuracy")
    value = accuracy.value if accuracy else None
    return [
        (
            *(number, run.id, run.pipeline, folder, run.started, run.state, run.seconds),
            *(value, run.pushed_model),
        )
    ]


def _node_rows(number: int, _: str, run: PastRun) -> _Rows:
    return [(number, name, node.state, node.seconds) for name, node in run.nodes.items()]


def _parameter_rows(number: int, _: str, run: PastRun) -> _Rows:
    told = run.parameters.items()
    return [(number, name, None if value is None else str(value)) for name, value in told]


def _metric_rows(number: int, _: str, run: PastRun) -> _Rows:
    return [
        (number, name, found.value, found.low, found.high) for name, found in run.metrics.items()
    ]


def _artifact_rows(number: int, _: str, run: PastRun) -> _Rows:
    return [
        (number, name, output, artifact.type, artifact.uri)
        for name, node in run.nodes.items()
        for output, artifacts in node.outputs.items()
        for artifact in artifacts
    ]


def _condition_rows(number: int, _: str, run: PastRun) -> _Rows:
    names = _SCHEMAS["conditions"].names[1:]
    written = [{**one, "bound": _bound(one.get("bound"))} for one in run.conditions]
    return [(number, *map(one.get, names)) for one in written]


def _bound(value: Any) -> str | None:
    """Write a number, the two of a range, or `baseline`."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _explanation_rows(number: int, _: str, run: PastRun) -> _Rows:
    return [(number, *row) for row in explanation_rows(run)]


_ROWS: dict[str, Callable[[int, str, PastRun], _Rows]] = {
    "runs": _run_rows,
    "nodes": _node_rows,
    "parameters": _parameter_rows,
    "metrics": _metric_rows,
    "artifacts": _artifact_rows,
    "conditions": _condition_rows,
    "explanations": _explanation_rows,
}
