"""The work of `bert-aas predict` with batch transform's options."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.opened_files import check_place, opened_file, writing_errors
from pipeline.console.messages import say
from pipeline.predictions.batch_transform.json_path import JsonPath
from pipeline.predictions.batch_transform.records import (
    Filters,
    Kind,
    chosen,
    joined,
    read_records,
    write_records,
)
from pipeline.predictions.model_source import ModelSource
from pipeline.predictions.opening import open_model
from pipeline.predictions.predicted import Predictions, TextModel
from serving.errors import ServingError
from serving.invocations.classified import Classified, write_rows, write_texts
from serving.invocations.media_types import CSV, JSON_LINES
from serving.invocations.questions import Texts, of_lines

_KINDS: dict[str, Kind] = {".csv": "csv", ".jsonl": "jsonlines", ".jsonlines": "jsonlines"}


@dataclass(frozen=True)
class TransformRequest:
    """A batch transform.

    Attributes:
        input_path: The file to read.
        output_path: The file to write.
        strategy: Whether the model gets one record at a time, or as many as `batch_size`.
        batch_size: Records per call of the model.
        input_filter: JSONPath to what the model gets of a record.
        output_filter: JSONPath to what is written of a result.
        join_source: `Input` writes each record with its answer.
        assemble_with: `Line` ends each result with a line feed.
        response_keys: What the answer to a row of a CSV holds.
    """

    input_path: Path
    output_path: Path
    strategy: Literal["SingleRecord", "MultiRecord"] = "MultiRecord"
    batch_size: int = 64
    input_filter: str = "$"
    output_filter: str = "$"
    join_source: Literal["None", "Input"] = "None"
    assemble_with: Literal["None", "Line"] = "Line"
    response_keys: tuple[str, ...] = ("predicted_label",)


def run_transform(source: ModelSource, request: TransformRequest) -> int:
    """Classify the records of a file.

    Args:
        source: Where the model is.
        request: What to do.

    Returns:
        Exit code 0.

    Raises:
        InvalidInputError: If a path, the file or an option cannot be used.
    """
    source.check()
    kind = _KINDS.get(request.input_path.suffix.lower())
    if kind is None:
        raise InvalidInputError(f"{request.input_path} is neither .csv nor .jsonl")
    filters = Filters(
        JsonPath(request.input_filter),
        JsonPath(request.output_filter),
        request.join_source == "Input",
    )
    with file_errors():
        check_place(request.output_path)
        records = read_records(request.input_path.read_bytes(), kind)
        if not records:
            raise InvalidInputError(f"{request.input_path} has no records")
        question = _question(chosen(filters.before, records), kind)
        with opened_file(request.output_path) as stream, open_model(source) as model:
            answers = _answers(model, question, request, kind)
            if filters.joins:
                answers = list(map(joined, records, answers))
            content = write_records(
                chosen(filters.after, answers), kind, request.assemble_with == "Line"
            )
            with writing_errors(request.output_path):
                stream.write(content)
    say(f"wrote {request.output_path}: {len(records):,} records", error=True)
    return 0


def _question(inputs: list[Any], kind: Kind) -> Texts:
    """Make of what the filter left the question that an endpoint would get."""
    if kind == "csv":
        rows = [one if isinstance(one, list) else [one] for one in inputs]
        return Texts("features", rows, [1] * len(rows), in_lines=True)
    is_plain = not isinstance(inputs[0], dict)
    try:
        question = of_lines([{"features": one} for one in inputs] if is_plain else inputs)
    except ServingError as exc:
        raise InvalidInputError(exc.message.replace("Question", "Record", 1)) from exc
    if not isinstance(question, Texts):
        raise InvalidInputError(
            'records are texts, or objects with "features" or "source"; --input-filter $.NAME '
            "takes the text out of other objects"
        )
    return question


def _answers(model: TextModel, question: Texts, request: TransformRequest, kind: Kind) -> list[Any]:
    wanted = 2 if model.takes_pairs else 1
    for number, row in enumerate(question.rows, 1):
        if len(row) != wanted:
            raise InvalidInputError(
                f"record {number} has {len(row)} texts, but the model takes {wanted}; "
                "--input-filter chooses columns, such as $[1] or $[0,2]"
            )
    size = 1 if request.strategy == "SingleRecord" else request.batch_size
    columns = [list(column) for column in zip(*question.rows, strict=True)]
    found = _classified(model.predict(columns, size))
    if kind == "csv":
        return list(read_records(write_rows(found, CSV, request.response_keys).encode(), "csv"))
    lines = write_texts(question, found, JSON_LINES, request.response_keys).split("\n")
    return [json.loads(line) for line in lines if line]


def _classified(predictions: Predictions) -> Classified:
    import numpy as np

    names = np.array([name.encode() for name in predictions.classes], dtype=object)
    count = len(predictions.labels)
    classes = np.tile(names, (count, 1))
    return Classified.of({"classes": classes, "probabilities": predictions.probabilities})
