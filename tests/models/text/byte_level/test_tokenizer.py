"""Ids equal to those of Hugging Face's `tokenizers`, which is written in Rust."""

import csv
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from bert_aas.contracts.errors import InvalidInputError
from models.text.byte_level.bpe import ByteLevelBpe
from models.text.byte_level.byte_characters import characters
from models.text.byte_level.merging import usable_merges
from models.text.byte_level.tokenizer import ByteLevelTokenizer
from tests.models.text.byte_level.gpt2 import gpt2_bpe
from tests.models.text.test_tokenizer import HARD_TEXTS
from tests.tiny_roberta import BPE, reference_tokenizer

UNLIMITED = 1_000_000
SURROGATES = range(0xD800, 0xE000)
TEXTS = [
    *HARD_TEXTS.values(),
    *("it's we'll I'd they've 'tis can't I'M we'Re", "a  b", "  a", "a  ", " \n a\n\n b\t\tc \n"),
    *("\x00", "a\x00", "\x00\x00 b", "x\x00y \x00 z", "</s> <s><mask> <pad>s", "\u2028\u2028a"),
    *("\x85\x85x", "\u00a0\u00a0y", "\u1680 z", "\x1c\x1d", "\u00fe\u00ff\u0100", "12a3.4\u0663"),
]


def _ids(bpe: ByteLevelBpe, texts: Sequence[str | bytes]) -> list[list[int]]:
    usable = ByteLevelBpe(bpe.pieces, tuple(usable_merges(bpe.merges)), bpe.add_prefix_space)
    found = ByteLevelTokenizer(usable, UNLIMITED).tokenize(tf.constant(texts, tf.string))
    ids: list[list[int]] = found.word_ids.to_list()
    return ids


def _reference_ids(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.backend_tokenizer.encode_batch(texts)]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return reference_tokenizer(BPE, tmp_path_factory.mktemp("tiny"))


def test_hard_texts_agree_with_hugging_face(reference: Any) -> None:
    assert _ids(BPE, TEXTS) == _reference_ids(reference, TEXTS)


def test_a_blank_is_put_before_texts(tmp_path: Path) -> None:
    bpe = ByteLevelBpe(BPE.pieces, BPE.merges, add_prefix_space=True)
    texts = [*TEXTS, "good", " good", "\ngood", "\u00a0good"]
    assert _ids(bpe, texts) == _reference_ids(reference_tokenizer(bpe, tmp_path), texts)


def test_every_code_point_between_letters(tmp_path: Path) -> None:
    """A letter, a number, a mark and a blank are merged with what belongs to the same word."""
    merges = tuple((before, byte) for before in "a1!\u0120" for byte in characters())
    pieces = (*BPE.pieces[:260], *("".join(merge) for merge in merges), "<mask>")
    bpe = ByteLevelBpe(pieces, merges)
    # Beyond the assigned planes a sample.
    codes = [code for code in range(0x32400) if code not in SURROGATES]
    codes += range(0x32400, sys.maxunicode + 1, 101)
    texts = ["".join(f"a{c}1{c}!{c} {c}  " for c in map(chr, part)) for part in _parts(codes, 64)]

    theirs = _reference_ids(reference_tokenizer(bpe, tmp_path), texts)
    compared = zip(texts, _ids(bpe, texts), theirs, strict=True)
    assert [ascii(text) for text, found, expected in compared if found != expected] == []


def _parts(codes: list[int], size: int) -> list[list[int]]:
    return [codes[start : start + size] for start in range(0, len(codes), size)]


_ALPHABET = st.one_of(
    st.text(min_size=1, max_size=1),
    st.sampled_from(" \n\t\x00\u00a0\u3000'stremvdlab1.\u00e9\u4e2d\U0001f60d"),
    st.sampled_from([" good", " shirt", "hated", "'s", "'re", "  "]),
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.lists(_ALPHABET, max_size=30).map("".join), max_size=8))
def test_random_texts_agree_with_hugging_face(reference: Any, texts: list[str]) -> None:
    assert _ids(BPE, texts) == _reference_ids(reference, texts)


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.binary(max_size=24), min_size=1, max_size=8))
def test_random_bytes_are_read_as_python_reads_them(reference: Any, data: list[bytes]) -> None:
    texts = [text.decode(errors="replace") for text in data]
    assert _ids(BPE, data) == _reference_ids(reference, texts)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_random_merges_agree_with_hugging_face(data: Any) -> None:
    """Any list of merges, also one that no training would give."""
    pieces = ["a", "b", "c"]
    merges: list[tuple[str, str]] = []
    for _ in range(data.draw(st.integers(0, 12))):
        merge = (data.draw(st.sampled_from(pieces)), data.draw(st.sampled_from(pieces)))
        merges.append(merge)
        pieces = list(dict.fromkeys([*pieces, "".join(merge)]))
    merges = data.draw(st.permutations(merges))
    known = (*BPE.pieces[:260], *(piece for piece in pieces if len(piece) > 1))
    words = [data.draw(st.text("abc", max_size=16)) for _ in range(6)]
    vocab = {piece: place for place, piece in enumerate(known)}
    theirs = Tokenizer(models.BPE(vocab=vocab, merges=merges)).encode_batch(words)
    assert _ids(ByteLevelBpe(known, tuple(merges)), words) == [[0, *one.ids, 2] for one in theirs]


@pytest.mark.parametrize("limit", [4, 5, 6, 7, 8, 9, 12])
def test_pairs_are_cut_as_hugging_face_cuts_them(reference: Any, limit: int) -> None:
    texts = ["good shirt and very bad shoes", "a", "", "the movie", ""]
    pairs = ["fine", "not very good shirt and shoes", "bad", "the shoes", ""]
    found = ByteLevelTokenizer(BPE, limit).tokenize(tf.constant(texts), tf.constant(pairs))

    theirs = reference(texts, pairs, truncation="longest_first", max_length=limit)
    assert found.word_ids.to_list() == theirs["input_ids"]
    assert not any(map(any, found.type_ids.to_list()))


@pytest.mark.parametrize("limit", [3, 4, 7])
def test_texts_are_cut_as_hugging_face_cuts_them(reference: Any, limit: int) -> None:
    texts = ["good shirt and very bad shoes", ""]
    found = ByteLevelTokenizer(BPE, limit).tokenize(tf.constant(texts))

    assert found.word_ids.to_list() == reference(texts, truncation=True, max_length=limit).input_ids


def test_pairs_without_room_are_refused() -> None:
    tokenizer = ByteLevelTokenizer(BPE, 3)
    with pytest.raises(InvalidInputError, match=r"3 tokens, but a pair has 4 special ones"):
        tokenizer.tokenize(tf.constant(["a"]), tf.constant(["b"]))


def test_no_texts() -> None:
    assert _ids(BPE, []) == []


def test_real_merges_agree_on_hard_texts(tmp_path: Path) -> None:
    bpe = gpt2_bpe()
    reference = reference_tokenizer(bpe, tmp_path)
    assert _ids(bpe, TEXTS) == _reference_ids(reference, TEXTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "column"),
    [("movie_review_sentences.csv", "text"), ("womens_clothing_reviews.csv", "review_body")],
)
def test_all_reviews_agree_with_hugging_face(
    shared_data: Path, tmp_path: Path, file: str, column: str
) -> None:
    bpe = gpt2_bpe()
    with (shared_data / file).open(encoding="utf-8", newline="") as rows:
        texts = [row[column] for row in csv.DictReader(rows)]
    found = _ids(bpe, texts)

    expected = _reference_ids(reference_tokenizer(bpe, tmp_path), texts)
    differ = sum(ours != theirs for ours, theirs in zip(found, expected, strict=True))
    assert differ == 0


def test_it_works_in_a_saved_model(tmp_path: Path, reference: Any) -> None:
    """Loaded by another process, which has nothing but TF Text."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def tokenize(texts: tf.Tensor) -> tf.Tensor:
        return ByteLevelTokenizer(BPE, 16).tokenize(texts).word_ids.to_tensor()

    module = tf.Module()
    module.tokenize = tokenize
    tf.saved_model.save(module, str(tmp_path / "module"))

    code = (
        "import sys, tensorflow as tf, tensorflow_text\n"
        "module = tf.saved_model.load(sys.argv[1])\n"
        "print(module.tokenize(tf.constant(['good shirt!'])).numpy().tolist())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "module")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == str(_reference_ids(reference, ["good shirt!"]))
