"""Classify texts or the rows of a file with a pushed model: `bert-aas predict`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.opened_files import check_place, opened_file, writing_errors
from bert_aas.contracts.plain_text import printable
from bert_aas.tables.finding import TablePath
from bert_aas.tables.reading import read_table
from bert_aas.tables.sources import ReadOptions
from bert_aas.tables.table import Table
from bert_aas.tables.writing import (
    NewColumn,
    Output,
    check_names,
    output_format,
)
from pipeline.console.messages import say
from pipeline.predictions.arguments import check_texts
from pipeline.predictions.labels import compare, label_map
from pipeline.predictions.model_source import ModelSource
from pipeline.predictions.opening import open_model
from pipeline.predictions.predicted import Predictions, TextModel

LABEL, PROBABILITY, CLASS_PROBABILITY = "predicted_label", "probability", "probability_"
TRUE_LABEL = "true_label"
_NOT_MAPPED = (
    "labels were compared as they are, since a server does not tell how its model's run mapped "
    "labels; --labels-of MODEL_DIR maps them as that model's run did"
)


@dataclass(frozen=True)
class TableRequest:
    """A table to classify.

    Attributes:
        input_path: A file, a folder or a pattern.
        output_path: The file to write.
        text_column: The column of the texts.
        text_pair_column: For models of pairs, the column of the second texts.
        options: How to read the input.
        label_column: The column of the labels, to compare them with the model's.
        labels_of: Folder of the pushed model whose run says how labels are mapped; by default that
            of the model that is asked.
    """

    input_path: Path
    output_path: Path
    text_column: str = "text"
    text_pair_column: str | None = None
    options: ReadOptions = field(default_factory=ReadOptions)
    label_column: str | None = None
    labels_of: Path | None = None

    def columns(self) -> list[str]:
        """Name the columns of texts and, last, that of the labels."""
        names = (self.text_column, self.text_pair_column, self.label_column)
        return [name for name in names if name is not None]

    def reading_options(self) -> ReadOptions:
        """Return how to read the input, with the column of the labels."""
        return replace(self.options, label_column=self.label_column)


def run_predict(
    source: ModelSource,
    texts: Sequence[str],
    input_path: Path | None,
    output_path: Path | None,
    **options: Any,
) -> int:
    """Run the command.

    Args:
        source: Where the model is.
        texts: Texts given on the command line.
        input_path: A file with texts.
        output_path: File to write; needed with `input_path`.
        **options: `batch_size`, and the other fields of `TableRequest`.

    Returns:
        Exit code 0.

    Raises:
        InvalidInputError: If neither or both of texts and file are given, or they cannot be used.
    """
    source.check()
    if bool(texts) == (input_path is not None):
        raise InvalidInputError("give texts, or --input FILE with --output FILE, but not both")
    if options.get("labels_of") and not options.get("label_column"):
        raise InvalidInputError("--labels-of goes with --label-column")
    batch_size = options.pop("batch_size")
    with file_errors():
        if input_path is None:
            check_texts(texts, "TEXT")
            if options.get("label_column"):
                raise InvalidInputError("--label-column goes with --input")
            with open_model(source) as model:
                return _predict_texts(model, texts, batch_size)
        if output_path is None:
            raise InvalidInputError("--input also needs --output FILE")
        return _predict_table(source, TableRequest(input_path, output_path, **options), batch_size)


def _predict_table(source: ModelSource, request: TableRequest, batch_size: int) -> int:
    """Check all that can be wrong before the model has work."""
    output_format(request.output_path)
    check_place(request.output_path)
    wanted = TablePath(str(request.input_path), "--input", options=request.reading_options())
    table = read_table(wanted, request.columns())
    texts, labels = _parted(table, request)
    check_names(table, (LABEL, PROBABILITY, *([TRUE_LABEL] if request.label_column else ())))
    rules = request.labels_of or source.model_dir
    mapped = label_map(rules if request.label_column else None)
    output = Output(request.output_path, table)
    with opened_file(request.output_path) as stream, open_model(source) as model:
        _check_pair(model, len(texts))
        _check_class_columns(table, model, len(texts))
        for notice in table.notices:
            say(notice, error=True)
        predictions = model.predict(texts, batch_size)
        added = _new_columns(predictions)
        compared = None if labels is None else compare(labels, predictions, mapped)
        if compared is not None:
            added.append(NewColumn(TRUE_LABEL, compared.classes))
        with writing_errors(request.output_path):
            output.write(stream, added)
    say(f"wrote {request.output_path}: {len(table):,} rows", error=True)
    if compared is not None:
        say(compared.sentence(), error=True)
        if compared.unknown and rules is None:
            say(_NOT_MAPPED, error=True)
    return 0


def _parted(table: Table, request: TableRequest) -> tuple[list[list[str]], list[str] | None]:
    """Give the columns of texts, and the labels if there are some."""
    columns = list(table.texts)
    return (columns[:-1], columns[-1]) if request.label_column else (columns, None)


def _check_class_columns(table: Table, model: TextModel, texts: int) -> None:
    """Refuse a column called as one of those that the model's classes give."""
    if not any(name.startswith(CLASS_PROBABILITY) for name in table.columns):
        return
    known = model.predict([[""] for _ in range(texts)], 1)  # the answer names the classes
    check_names(table, [f"{CLASS_PROBABILITY}{name}" for name in known.classes])


def _predict_texts(model: TextModel, texts: Sequence[str], batch_size: int) -> int:
    _check_pair(model, 1)
    predictions = model.predict([texts], batch_size)
    for line in _lines(texts, predictions):
        say(line)
    return 0


def _lines(texts: Sequence[str], predictions: Predictions) -> Iterator[str]:
    for text, label, row in zip(texts, predictions.labels, predictions.probabilities, strict=True):
        figures = "  ".join(
            f"{name} {value:.3f}" for name, value in zip(predictions.classes, row, strict=True)
        )
        yield printable(f"{label:<12} {figures}  {text}")


def _check_pair(model: TextModel, given: int) -> None:
    if model.takes_pairs != (given == 2):  # noqa: PLR2004 - a pair
        needed = "pairs of texts: give --input and --text-pair-column"
        raise InvalidInputError(
            f"the model classifies {needed if model.takes_pairs else 'single texts, not pairs'}"
        )


def _new_columns(predictions: Predictions) -> list[NewColumn]:
    found = predictions.probabilities
    highest = [float(value) for value in found.max(axis=1)]
    return [
        NewColumn(LABEL, predictions.labels),
        NewColumn(PROBABILITY, highest, numbers=True),
        *(
            NewColumn(f"{CLASS_PROBABILITY}{name}", found[:, place].tolist(), numbers=True)
            for place, name in enumerate(predictions.classes)
        ),
    ]
