import numpy as np

from serving.batching.token_rows import TokenRows, pad_batch
from serving.servables.model import Array
from serving.servables.text_classifier import TOKEN_INPUTS


def _rows(mask: Array) -> TokenRows:
    ids = np.arange(1, mask.size + 1, dtype=np.int32).reshape(mask.shape)
    return TokenRows.of(dict(zip(TOKEN_INPUTS, (ids, mask, mask * 2), strict=True)))


def test_lengths_reach_to_the_last_token() -> None:
    mask = np.array([[1, 1, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1]], np.int32)
    assert _rows(mask).lengths.tolist() == [3, 1, 3, 4]
    assert len(_rows(mask)) == 4


def test_rows_without_any_column() -> None:
    assert _rows(np.zeros((2, 0), np.int32)).lengths.tolist() == [1, 1]


def test_a_batch_is_as_wide_as_its_longest_row() -> None:
    first = _rows(np.array([[1, 1, 1, 1], [1, 1, 0, 0]], np.int32))
    second = _rows(np.array([[1, 1, 1, 0, 0]], np.int32))
    batch = pad_batch([(second, 0), (first, 1)])
    assert batch["input_word_ids"].tolist() == [[1, 2, 3], [5, 6, 0]]
    assert batch["input_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch["input_type_ids"].tolist() == [[2, 2, 2], [2, 2, 0]]
    assert {array.dtype for array in batch.values()} == {np.dtype(np.int32)}
