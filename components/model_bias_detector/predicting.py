"""Predict the rows of some splits, and count the outcomes a batch at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tfx.dsl.io import fileio

from bert_aas.bias.predicted.outcomes import OutcomeCounter, Outcomes
from bert_aas.bias.predicted.swapping import Floats, SwapCounter, SwapReport
from bert_aas.bias.predicted.word_swaps import Pairs
from bert_aas.bias.questions import Question, spelt_value
from components.example_columns import ExampleColumns
from components.tfrecords import read_tfrecord_batches
from models.export.answering import BatchModel

PREDICTED = "\0predicted"
"""The column of the predictions; no column of a table has such a name."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a model does with some rows.

    Attributes:
        outcomes: What was predicted of which rows.
        swaps: What swapping words changes, if that was asked for.
    """

    outcomes: Outcomes
    swaps: SwapReport | None


def count_predictions(
    folders: Iterable[str],
    model: BatchModel,
    question: Question,
    texts: Sequence[str] = (),
    swaps: Pairs = (),
) -> Predicted:
    """Let a model predict the rows of some splits.

    Args:
        folders: Folders of gzip TFRecords of tf.Example.
        model: The model.
        question: What to count; its column of predictions is `PREDICTED`.
        texts: The columns of the texts that the model reads.
        swaps: Pairs of words to swap in them.

    Returns:
        The counts. What cannot be counted raises `InvalidInputError`.
    """
    counter = OutcomeCounter(question)
    swapper = SwapCounter(swaps, model.classes) if swaps else None
    names = [name for name in question.columns if name != PREDICTED]
    columns = ExampleColumns(tuple(dict.fromkeys([*names, *texts])))
    for batch in _batches(folders):
        rows: dict[str, Sequence[Any]] = dict(columns.read(batch))
        answers = model.of_examples(batch)
        places = answers.probabilities.argmax(axis=1).tolist()
        rows[PREDICTED] = [model.classes[place] for place in places]
        counter.add(rows, answers.vectors)
        if swapper is not None:
            _add_swapped(swapper, model, _texts_of(rows, texts), answers.probabilities)
    return Predicted(counter.outcomes(), swapper.report() if swapper else None)


def _batches(folders: Iterable[str]) -> Iterator[list[bytes]]:
    for folder in folders:
        for path in sorted(fileio.glob(f"{folder}/*")):
            yield from read_tfrecord_batches(path)


def _texts_of(rows: dict[str, Sequence[Any]], texts: Sequence[str]) -> list[tuple[str, ...]]:
    columns = [[spelt_value(value) or "" for value in rows[name]] for name in texts]
    return list(zip(*columns, strict=True))


def _add_swapped(
    swapper: SwapCounter,
    model: BatchModel,
    rows: Sequence[tuple[str, ...]],
    probabilities: Floats,
) -> None:
    found = [(place, new) for place, new in enumerate(swapper.swap(rows)) if new is not None]
    if not found:
        return
    places = np.array([place for place, _ in found])
    asked = [rows[place] for place in places]
    after = model.of_texts([tuple(one.text for one in new) for _, new in found]).probabilities
    for texts, (_, new), old, now in zip(asked, found, probabilities[places], after, strict=True):
        swapper.add(texts, new, old, now)
