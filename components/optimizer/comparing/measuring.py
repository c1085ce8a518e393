"""Read rows of the eval split and run the SavedModel and its variants over them."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from components.optimizer.comparing.judging import Measurement, Reference, Times, accuracy
from models.training.batching import batches_by_length, read_rows

Tokens = dict[str, NDArray[np.int32]]
_BATCH_ROWS = 32
_REPEATS = 5
_MS = 1000


class Predictor(Protocol):
    """Classifies batches of tokens."""

    def __call__(self, tokens: Tokens) -> NDArray[np.float32]:
        """Classify a batch.

        Args:
            tokens: `input_word_ids`, `input_mask`, `input_type_ids`, int32 `[n, s]`.

        Returns:
            Probabilities, float32 `[n, C]`.
        """
        ...


@dataclass(frozen=True, eq=False)
class SampleRows:
    """Rows of the eval split in batches of neighbouring lengths.

    Attributes:
        batches: The tokens of each batch.
        labels: True class ids of all rows in this order, int64 `[n]`.
    """

    batches: Sequence[Tokens]
    labels: NDArray[np.int64]

    def median_batch(self, rows: int) -> Tokens:
        """Make a batch of the size of a typical one.

        Args:
            rows: Number of rows.

        Returns:
            Rows of the median length; the same one repeated.
        """
        lengths = [int(n) for batch in self.batches for n in batch["input_mask"].sum(axis=1)]
        middle = statistics.median_low(lengths)
        batch = next(batch for batch in self.batches if batch["input_mask"].shape[1] >= middle)
        return {name: np.repeat(array[:1, :middle], rows, axis=0) for name, array in batch.items()}


def read_sample(examples: str, limit: int) -> SampleRows:
    """Read the first rows of a split.

    Args:
        examples: Glob of the files that Transform wrote.
        limit: Most rows to read.

    Returns:
        The rows.
    """
    rows = read_rows([examples]).take(limit)
    batches, labels = [], [np.zeros(0, np.int64)]
    for tokens, of_batch, _ in batches_by_length(rows, _BATCH_ROWS).as_numpy_iterator():
        batches.append(dict(tokens))
        labels.append(of_batch)
    return SampleRows(batches, np.concatenate(labels))


def classify(model: Predictor, rows: SampleRows) -> NDArray[np.float32]:
    """Run a model over the sample.

    Args:
        model: The model.
        rows: The sample.

    Returns:
        Its answers, float32 `[n, C]`.
    """
    if not rows.batches:
        return np.zeros((0, 1), np.float32)
    return np.concatenate([model(batch) for batch in rows.batches])


def compare(variant: Predictor, reference: Reference, rows: SampleRows) -> Measurement:
    """Compare a variant's answers with the SavedModel's.

    Args:
        variant: The variant.
        reference: The SavedModel's answers.
        rows: The sample.

    Returns:
        What was found; its speed is still to be measured.
    """
    answers = classify(variant, rows)
    right = accuracy(answers, rows.labels)
    count = len(rows.labels)
    hits = answers.argmax(axis=1) == rows.labels
    reference_hits = reference.probabilities.argmax(axis=1) == rows.labels
    same = answers.argmax(axis=1) == reference.probabilities.argmax(axis=1)
    return Measurement(
        rows=count,
        accuracy=right,
        accuracy_ratio=right / reference.accuracy if reference.accuracy else 1.0,
        agreement=float(same.mean()) if count else 0.0,
        max_difference=float(np.abs(answers - reference.probabilities).max()) if count else 0.0,
        lost=int((reference_hits & ~hits).sum()),
        won=int((hits & ~reference_hits).sum()),
    )


def time_in_turns(models: Sequence[Predictor], rows: SampleRows) -> list[Times]:
    """Time models beside each other, so that a slow moment of the machine meets all of them.

    Args:
        models: The models.
        rows: The sample: its median length is what they are timed with.

    Returns:
        The times of each; zeros without rows.
    """
    if not rows.batches:
        return [Times(0.0, 0.0)] * len(models)
    single, batch = (_turns(models, rows.median_batch(count)) for count in (1, _BATCH_ROWS))
    return [Times(*both) for both in zip(single, batch, strict=True)]


def cpu_seconds(model: Predictor, tokens: Tokens) -> float:
    """Time a model by the processor, not by the clock: the machine may have other work to do.

    Args:
        model: The model.
        tokens: The batch that it classifies.

    Returns:
        Seconds of all cores together.
    """
    started = time.process_time()
    model(tokens)
    return time.process_time() - started


def _turns(models: Sequence[Predictor], tokens: Tokens) -> list[float]:
    """Return the lowest time of each, milliseconds."""
    for model in models:
        model(tokens)  # the first run of a shape prepares others
    rounds = [[cpu_seconds(model, tokens) for model in models] for _ in range(_REPEATS)]
    return [_MS * min(times) for times in zip(*rounds, strict=True)]
