"""Classify texts or the rows of a file with a pushed model: `bert-aas predict`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.opened_files import check_place, opened_file, writing_errors
from bert_aas.contracts.plain_text import printable
from bert_aas.tables.finding import TablePath
from bert_aas.tables.reading import read_table
from bert_aas.tables.sources import ReadOptions
from bert_aas.tables.table import Table
from bert_aas.tables.values import is_unicode
from bert_aas.tables.writing import (
    NewColumn,
    Output,
    check_names,
    output_format,
)
from pipeline.console.messages import say
from pipeline.environment import quiet_libraries
from pipeline.predictions.class_order import natural_order
from serving.errors import ServingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNATURE = "serving_default"

LABEL, PROBABILITY, CLASS_PROBABILITY = "predicted_label", "probability", "probability_"
_WANTED = ("probabilities", "classes")


@dataclass(frozen=True)
class Predictions:
    """The answers to some texts.

    Attributes:
        labels: The predicted class of each text, as spelt in the training data.
        classes: The class names in their natural order, C of them.
        probabilities: Float `[n, C]`, in the order of `classes`.
    """

    labels: list[str]
    classes: list[str]
    probabilities: NDArray[Any]


class TextModel(Protocol):
    """A classifier of texts, in this process or behind a server."""

    takes_pairs: bool

    def predict(self, columns: Sequence[Sequence[str]], batch_size: int) -> Predictions:
        """Classify texts.

        Args:
            columns: The texts, and for models of pairs the second texts, `n` each.
            batch_size: Rows per call of the model.

        Returns:
            The answers in the order of the texts.
        """
        ...


@dataclass(frozen=True)
class ModelSource:
    """Where the model is; exactly one of the first three is given.

    Attributes:
        model_dir: A version folder, or the folder of versions.
        url: A server's REST address.
        grpc: A server's gRPC address.
        model_name: The model's name on the server.
    """

    model_dir: Path | None = None
    url: str | None = None
    grpc: str | None = None
    model_name: str | None = None

    def check(self) -> None:
        """Check the options against each other.

        Raises:
            InvalidInputError: If it is not clear which model is meant.
        """
        given = [self.model_dir, self.url, self.grpc]
        if sum(place is not None for place in given) != 1:
            raise InvalidInputError("give exactly one of --model-dir, --url and --grpc")
        if self.model_dir is not None and self.model_name is not None:
            raise InvalidInputError("--model-name goes with --url or --grpc, not with --model-dir")

    @contextmanager
    def open(self) -> Iterator[TextModel]:
        """Load the model, or connect to the server.

        Yields:
            The model.
        """
        if self.model_dir is not None:
            with closing(Predictor(self.model_dir)) as predictor:
                yield predictor
            return
        from pipeline.predictions.remote_prediction import connect

        with connect(self) as model:
            yield model


class Predictor:
    """A SavedModel that answers texts, in the model server's runtime: it starts in seconds."""

    def __init__(self, model_dir: Path) -> None:
        """Load the newest version.

        Args:
            model_dir: A version folder, or the folder of versions.

        Raises:
            InvalidInputError: If there is no SavedModel with the signature, or it is damaged.
        """
        folder = version_folder(model_dir)
        quiet_libraries()
        from serving.servables.saved_model import load_saved_model

        try:
            self._model = load_saved_model(folder.name, 0, folder)
        except ServingError as exc:
            reason = " ".join(str(exc).split())
            raise InvalidInputError(f"the model in {folder} cannot be loaded: {reason}") from exc
        if SIGNATURE not in self._model.signatures:
            self.close()
            raise InvalidInputError(f"the model in {folder} has no signature {SIGNATURE!r}")
        self.takes_pairs = "text_pair" in self._model.signatures[SIGNATURE].inputs

    def close(self) -> None:
        """Release the model's memory."""
        self._model.close()

    def predict(self, columns: Sequence[Sequence[str]], batch_size: int = 64) -> Predictions:
        """Classify texts.

        Args:
            columns: The texts, and for models of pairs the second texts, `n` each.
            batch_size: Rows per call of the model; rows of similar length share a call.

        Returns:
            The answers in the order of the texts.
        """
        import numpy as np

        if not columns[0]:
            known = self.predict([[""] for _ in columns])  # the answer has the names of the classes
            return Predictions([], known.classes, known.probabilities[:0])
        names = ("text", "text_pair")[: len(columns)]
        lengths = np.array([sum(map(len, row)) for row in zip(*columns, strict=True)])
        order = np.argsort(lengths, kind="stable")
        parts = []
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            inputs = {
                name: np.array([column[row].encode() for row in rows], object)
                for name, column in zip(names, columns, strict=True)
            }
            parts.append(self._model.call(SIGNATURE, inputs, _WANTED))
        probabilities = np.concatenate([part["probabilities"] for part in parts])
        names_found = [name.decode() for name in parts[0]["classes"][0]]
        return in_natural_order(probabilities[np.argsort(order)], names_found)


def version_folder(model_dir: Path) -> Path:
    """Find the SavedModel.

    Args:
        model_dir: A version folder, or the folder of versions.

    Returns:
        The folder itself, or the one with the highest number in it.

    Raises:
        InvalidInputError: If neither holds a SavedModel.
    """
    if (model_dir / "saved_model.pb").is_file():
        return model_dir
    versions = [path for path in model_dir.glob("*/saved_model.pb") if path.parent.name.isdecimal()]
    if not versions:
        raise InvalidInputError(
            f"{model_dir} holds no SavedModel; give a version folder or the folder of versions"
        )
    return max((path.parent for path in versions), key=lambda folder: int(folder.name))


@dataclass(frozen=True)
class TableRequest:
    """A table to classify.

    Attributes:
        input_path: A file, a folder or a pattern.
        output_path: The file to write.
        text_column: The column of the texts.
        text_pair_column: For models of pairs, the column of the second texts.
        options: How to read the input.
    """

    input_path: Path
    output_path: Path
    text_column: str = "text"
    text_pair_column: str | None = None
    options: ReadOptions = field(default_factory=ReadOptions)

    def text_columns(self) -> list[str]:
        """Name the columns of texts."""
        return [name for name in (self.text_column, self.text_pair_column) if name is not None]


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
    batch_size = options.pop("batch_size")
    with file_errors():
        if input_path is None:
            check_texts(texts, "TEXT")
            with source.open() as model:
                return _predict_texts(model, texts, batch_size)
        if output_path is None:
            raise InvalidInputError("--input also needs --output FILE")
        return _predict_table(source, TableRequest(input_path, output_path, **options), batch_size)


def check_texts(texts: Sequence[str], called: str) -> None:
    """Refuse texts of the command line whose bytes are no text.

    Args:
        texts: The arguments.
        called: What messages call them.

    Raises:
        InvalidInputError: If there is one.
    """
    for number, text in enumerate(texts, start=1):
        if not is_unicode(text):
            raise InvalidInputError(f"{called} {number} is not UTF-8: {printable(text)}")


def _predict_table(source: ModelSource, request: TableRequest, batch_size: int) -> int:
    """Check all that can be wrong before the model has work."""
    output_format(request.output_path)
    check_place(request.output_path)
    wanted = TablePath(str(request.input_path), "--input", options=request.options)
    table = read_table(wanted, request.text_columns())
    check_names(table, (LABEL, PROBABILITY))
    output = Output(request.output_path, table)
    with opened_file(request.output_path) as stream, source.open() as model:
        _check_pair(model, len(table.texts))
        _check_class_columns(table, model)
        for notice in table.notices:
            say(notice, error=True)
        added = _new_columns(model.predict(table.texts, batch_size))
        with writing_errors(request.output_path):
            output.write(stream, added)
    say(f"wrote {request.output_path}: {len(table):,} rows", error=True)
    return 0


def _check_class_columns(table: Table, model: TextModel) -> None:
    """Refuse a column called as one of those that the model's classes give."""
    if not any(name.startswith(CLASS_PROBABILITY) for name in table.columns):
        return
    known = model.predict([[""] for _ in table.texts], 1)  # the answer names the classes
    check_names(table, [f"{CLASS_PROBABILITY}{name}" for name in known.classes])


def in_natural_order(probabilities: NDArray[Any], names: list[str]) -> Predictions:
    """Put the classes into their natural order.

    Args:
        probabilities: Float `[n, C]`.
        names: The classes, as the columns have them.

    Returns:
        The predictions; the likeliest class is the label.
    """
    labels = [names[place] for place in probabilities.argmax(axis=1)]
    order = [names.index(name) for name in natural_order(names)]
    return Predictions(labels, [names[place] for place in order], probabilities[:, order])


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
