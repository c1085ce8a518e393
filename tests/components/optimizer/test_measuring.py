from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from components.optimizer.judging import Reference
from components.optimizer.measuring import (
    SampleRows,
    Tokens,
    compare,
    measure_reference,
    read_sample,
)
from tests.components.optimizer.conftest import write_examples


class Parity:
    """Takes rows by their number of tokens: class 1 for odd ones, unless they are `wrong`."""

    def __init__(self, wrong: int = -1) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self._wrong = wrong

    def __call__(self, tokens: Tokens) -> NDArray[np.float32]:
        self.shapes.append(tokens["input_word_ids"].shape)
        lengths = tokens["input_mask"].sum(axis=1)
        odd = (lengths % 2) ^ (lengths == self._wrong)
        columns = np.stack([0.9 - 0.8 * odd, 0.1 + 0.8 * odd], axis=1)
        return np.asarray(columns, np.float32)


def sample(folder: Path, *lengths: int, limit: int = 1000) -> SampleRows:
    rows = [[1] * length for length in lengths]
    return read_sample(
        f"{write_examples(folder / 'eval', rows, [n % 2 for n in lengths])}/*", limit
    )


def test_rows_are_batched_by_length(tmp_path: Path) -> None:
    rows = sample(tmp_path, 3, 100, 5, 4)
    shapes = {batch["input_word_ids"].shape for batch in rows.batches}
    assert shapes == {(3, 5), (1, 100)}
    assert sorted(rows.labels.tolist()) == [0, 0, 1, 1]


def test_no_more_rows_than_asked_for(tmp_path: Path) -> None:
    assert len(sample(tmp_path, 3, 4, 5, limit=2).labels) == 2


def test_times_are_taken_of_rows_of_the_median_length(tmp_path: Path) -> None:
    rows = sample(tmp_path, 3, 7, 100)
    model = Parity()
    measure_reference(model, rows)
    assert {(1, 7), (32, 7)} <= set(model.shapes)


def test_a_variant_beside_the_model(tmp_path: Path) -> None:
    rows = sample(tmp_path, 2, 3, 4, 5)
    reference = measure_reference(Parity(wrong=2), rows)
    assert reference.accuracy == 0.75
    measured = compare(Parity(wrong=3), reference, rows)
    # They differ where either is wrong: for 2 tokens and for 3.
    assert (measured.rows, measured.accuracy, measured.accuracy_ratio) == (4, 0.75, 1.0)
    assert measured.agreement == 0.5
    assert measured.max_difference == pytest.approx(0.8)
    assert measured.speedup == min(measured.single_speedup, measured.batch_speedup) > 0


def test_a_model_that_is_never_right_has_no_accuracy_to_lose(tmp_path: Path) -> None:
    rows = sample(tmp_path, 2)
    assert compare(Parity(), measure_reference(Parity(wrong=2), rows), rows).accuracy_ratio == 1


def test_no_rows(tmp_path: Path) -> None:
    rows = sample(tmp_path)
    reference: Reference = measure_reference(Parity(), rows)
    measured = compare(Parity(), reference, rows)
    assert (reference.accuracy, measured.rows, measured.agreement) == (0, 0, 0)
