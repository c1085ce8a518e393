"""Read rows of the eval split and run the SavedModel and its variants over them."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from components.optimizer.judging import Measurement, Reference, accuracy
from models.batching import bucketed_batches, read_rows

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
    for tokens, of_batch, _ in bucketed_batches(rows, _BATCH_ROWS).as_numpy_iterator():
        batches.append(dict(tokens))
        labels.append(of_batch)
    return SampleRows(batches, np.concatenate(labels))


def measure_reference(model: Predictor, rows: SampleRows) -> Reference:
    """Run the SavedModel.

    Args:
        model: The SavedModel.
        rows: The sample.

    Returns:
        Its answers and times.
    """
    probabilities = _classify(model, rows)
    if not rows.batches:
        return Reference(rows.labels, probabilities, 0.0, 0.0)
    single, batch = (_cpu_ms(model, rows.median_batch(count)) for count in (1, _BATCH_ROWS))
    return Reference(rows.labels, probabilities, single, batch)


def compare(variant: Predictor, reference: Reference, rows: SampleRows) -> Measurement:
    """Run a variant.

    Args:
        variant: The variant.
        reference: The SavedModel's answers and times.
        rows: The sample.

    Returns:
        What was measured.
    """
    answers = _classify(variant, rows)
    right = accuracy(answers, rows.labels)
    count = len(rows.labels)
    same = answers.argmax(axis=1) == reference.probabilities.argmax(axis=1)
    return Measurement(
        rows=count,
        accuracy=right,
        accuracy_ratio=right / reference.accuracy if reference.accuracy else 1.0,
        agreement=float(same.mean()) if count else 0.0,
        max_difference=float(np.abs(answers - reference.probabilities).max()) if count else 0.0,
        single_speedup=_speedup(reference.single_ms, variant, rows, 1),
        batch_speedup=_speedup(reference.batch_ms, variant, rows, _BATCH_ROWS),
    )


def _classify(model: Predictor, rows: SampleRows) -> NDArray[np.float32]:
    if not rows.batches:
        return np.zeros((0, 1), np.float32)
    return np.concatenate([model(batch) for batch in rows.batches])


def _speedup(reference_ms: float, variant: Predictor, rows: SampleRows, count: int) -> float:
    if not rows.batches:
        return 0.0
    return reference_ms / _cpu_ms(variant, rows.median_batch(count))


def cpu_seconds(model: Predictor, tokens: Tokens, repeats: int) -> list[float]:
    """Time a model by the processor, not by the clock: the machine may have other work to do.

    Args:
        model: The model.
        tokens: The batch that it classifies.
        repeats: How often; once more before that, as the first run of a shape prepares others.

    Returns:
        Seconds of each.
    """
    model(tokens)
    times = []
    for _ in range(repeats):
        started = time.process_time()
        model(tokens)
        times.append(time.process_time() - started)
    return times


def _cpu_ms(model: Predictor, tokens: Tokens) -> float:
    return min(cpu_seconds(model, tokens, _REPEATS)) * _MS
