from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from components.optimizer.comparing.judging import Measurement, Reference, Times
from components.optimizer.comparing.measuring import (
    SampleRows,
    Tokens,
    classify,
    compare,
    read_sample,
    time_in_turns,
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
    rows = sample(tmp_path, 100, *[5] * 32, 99)
    shapes = {batch["input_word_ids"].shape for batch in rows.batches}
    assert shapes == {(32, 5), (2, 100)}
    assert rows.labels.tolist() == [1] * 32 + [1, 0]


def test_no_more_rows_than_asked_for(tmp_path: Path) -> None:
    assert len(sample(tmp_path, 3, 4, 5, limit=2).labels) == 2


def of_model(model: Parity, rows: SampleRows) -> Reference:
    return Reference(rows.labels, classify(model, rows))


def test_times_are_taken_of_rows_of_the_median_length(tmp_path: Path) -> None:
    models = [Parity(), Parity()]
    times = time_in_turns(models, sample(tmp_path, 3, 7, 100))
    assert len(times) == 2
    for model, taken in zip(models, times, strict=True):
        assert set(model.shapes) == {(1, 7), (32, 7)}
        assert min(taken.single_ms, taken.batch_ms) > 0


def test_models_take_turns(tmp_path: Path) -> None:
    order: list[int] = []

    class Turn(Parity):
        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

        def __call__(self, tokens: Tokens) -> NDArray[np.float32]:
            order.append(self.place)
            return super().__call__(tokens)

    time_in_turns([Turn(0), Turn(1)], sample(tmp_path, 3))
    assert order == [0, 1] * (len(order) // 2)


def test_speed_is_the_models_time_over_the_variants() -> None:
    found = Measurement(1, 1.0, 1.0, 1.0, 0.0).timed(Times(2.0, 50.0), Times(8.0, 100.0))
    assert (found.single_speedup, found.batch_speedup, found.speedup) == (4.0, 2.0, 2.0)
    assert found.mean_speedup == pytest.approx(2.828, abs=1e-3)


def test_a_variant_beside_the_model(tmp_path: Path) -> None:
    rows = sample(tmp_path, 2, 3, 4, 5)
    reference = of_model(Parity(wrong=2), rows)
    assert reference.accuracy == 0.75
    measured = compare(Parity(wrong=3), reference, rows)
    # They differ where either is wrong: for 2 tokens and for 3.
    assert (measured.rows, measured.accuracy, measured.accuracy_ratio) == (4, 0.75, 1.0)
    assert measured.agreement == 0.5
    assert (measured.lost, measured.won, measured.different) == (1, 1, 2)
    assert measured.max_difference == pytest.approx(0.8)


def test_a_model_that_is_never_right_has_no_accuracy_to_lose(tmp_path: Path) -> None:
    rows = sample(tmp_path, 2)
    assert compare(Parity(), of_model(Parity(wrong=2), rows), rows).accuracy_ratio == 1


def test_no_rows(tmp_path: Path) -> None:
    rows = sample(tmp_path)
    reference = of_model(Parity(), rows)
    measured = compare(Parity(), reference, rows)
    assert (reference.accuracy, measured.rows, measured.agreement) == (0, 0, 0)
    assert time_in_turns([Parity()], rows) == [Times(0.0, 0.0)]
