"""Tokens are found by the text, wherever it stands."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_aas.features.sources import delete
from bert_aas.features.tokens import kept_tokens
from components.transform.kept_tokens import TokenIndex, text_key, write_index
from models.preprocessing import TYPE_IDS, WORD_IDS
from tests.components.transform.kept_texts import ADDRESS, TOKENIZER, kept, store_in

pytestmark = pytest.mark.slow  # TFT takes seconds to import

TEXTS: dict[Any, Any] = {"good": [2, 5, 3], "so so": [2, 6, 7, 3], None: [2, 3], "gone": None}


def index(folder: Path, tokens: Any, pairs: bool = False) -> TokenIndex:
    (folder / "index").mkdir()
    write_index(tokens, pairs, str(folder / "index"))
    return TokenIndex(str(folder / "index"), pairs)


def keys(*texts: str | None) -> list[bytes]:
    return [text_key([None if text is None else text.encode()]) for text in texts]


def test_in_any_order_and_more_than_once(tmp_path: Path) -> None:
    found = index(tmp_path, kept(tmp_path, TEXTS))
    places = found.find(keys("so so", "good", "so so", None, ""))
    tokens = found.tokens(places)
    assert tokens.lengths.tolist() == [4, 3, 4, 2, 2]
    assert list(tokens.values) == [WORD_IDS]
    expected = [[2, 6, 7, 3], [2, 5, 3], [2, 6, 7, 3], [2, 3], [2, 3]]
    np.testing.assert_array_equal(tokens.values[WORD_IDS], np.concatenate(expected))


def test_texts_without_tokens_are_not_there(tmp_path: Path) -> None:
    found = index(tmp_path, kept(tmp_path, TEXTS))
    assert (found.find(keys("gone", "good", "new")) >= 0).tolist() == [False, True, False]


def test_pairs_are_found_by_both_texts_and_have_types(tmp_path: Path) -> None:
    pairs: dict[Any, Any] = {("a", "b"): [2, 5, 3, 6, 3], ("ab", None): [2, 7, 3, 3]}
    found = index(tmp_path, kept(tmp_path, pairs), pairs=True)
    places = found.find([text_key([b"ab", None]), text_key([b"a", b"b"]), text_key([b"b", b"a"])])
    assert (places >= 0).tolist() == [True, True, False]
    tokens = found.tokens(places[:2])
    assert tokens.values[WORD_IDS].tolist() == [2, 7, 3, 3, 2, 5, 3, 6, 3]
    assert tokens.values[TYPE_IDS].tolist() == [0, 0, 1, 1, 0, 0, 0, 1, 1]


def test_a_deletion_is_no_empty_text(tmp_path: Path) -> None:
    store = store_in(tmp_path, {"good": [2, 5, 3]})
    delete(store, "reviews", ["0"], "2026-02-01")
    found = index(tmp_path, kept_tokens(f"{ADDRESS}{store.root}", TOKENIZER))
    assert (found.find(keys("", "good")) >= 0).tolist() == [False, True]


def test_a_group_without_records(tmp_path: Path) -> None:
    found = index(tmp_path, kept(tmp_path, {}))
    assert found.find(keys("good")).tolist() == [-1]
